"""What an upgrade of Flux would meet in this cluster, as pure functions."""
