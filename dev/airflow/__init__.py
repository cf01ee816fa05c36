"""The local Airflow: its environment, its metadata database, its REST API and its secrets."""
