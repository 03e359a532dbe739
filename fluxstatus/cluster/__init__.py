"""Reading a cluster: the only place that starts programs and opens sockets."""
