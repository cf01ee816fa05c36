-- The demo's FibreFlow, in the server that also has Airflow's own database.
CREATE DATABASE fibreflow_demo;
