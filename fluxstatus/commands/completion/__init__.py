"""Shell completion: the scripts, and what TAB offers."""
