"""The page that operations people look at, an app of its own inside Airflow's API server."""
