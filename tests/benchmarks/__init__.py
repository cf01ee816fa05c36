"""`make bench`: what a sync costs, beside the least that it could cost. No test asserts it."""
