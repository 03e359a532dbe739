"""What is told of Secrets."""
