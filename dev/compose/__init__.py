"""What docker compose needs from the host: its secrets as files."""
