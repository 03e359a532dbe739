"""What two commits print for the same command lines, and where that differs."""
