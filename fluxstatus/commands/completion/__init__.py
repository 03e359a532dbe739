"""Shell completion: the scripts, and the candidates for TAB."""
