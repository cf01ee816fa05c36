"""The local Airflow: its REST API and its secrets."""
