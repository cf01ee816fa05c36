"""The commands `make run` and `make clean`."""
