"""`make run`: the whole system here, with edits, a kill and a count; `make clean`."""
