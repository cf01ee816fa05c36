"""Many short runs, which keep their connections."""

from tests.kept_connections import kept_connections as kept_connections
