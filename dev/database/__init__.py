"""The local PostgreSQL server: its binaries, the account that runs it, its databases."""
