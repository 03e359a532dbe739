"""Lists of objects as kubectl shows them: read page by page, a row for each, told as it comes."""
