"""The HTTP endpoint that starts runs and returns their state (docs/triggering.md).

A separate FastAPI app. Airflow's API server mounts it but does not protect it: each route here
authenticates its callers.
"""
