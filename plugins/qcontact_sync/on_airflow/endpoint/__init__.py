"""The HTTP endpoint that starts runs and tells how they stand (docs/triggering.md).

A FastAPI app of its own that Airflow's API server mounts and does not guard: each route here
admits its callers itself.
"""
