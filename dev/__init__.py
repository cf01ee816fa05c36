"""What `make run` does: the whole system on one machine, from the pins alone."""
