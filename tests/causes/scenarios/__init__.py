"""States that were never recorded, each with its expected finding, by the stage of tracing.

Texts and reasons are those of the controllers (KC, HC, SC, IRC, IAC, SW internal/controller and
the Flux Operator); pods, events and conditions are as the kubelet and the scheduler write them.
"""
