"""Every way to install it, and what is installed."""
