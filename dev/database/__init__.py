"""PostgreSQL's programs, and the account that may run them."""
