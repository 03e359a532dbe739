"""The logs of Flux's controllers: read by kubectl, put in order, told in a line each."""
