"""One object of any kind that the API server serves: what it is called, and how it stands."""
