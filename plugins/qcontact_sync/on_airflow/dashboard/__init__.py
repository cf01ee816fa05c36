"""The dashboard for operators: a separate app inside Airflow's API server."""
