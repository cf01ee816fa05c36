# Airflow with the sync in it, for every service of docker-compose.yaml.
FROM apache/airflow:3.3.2-python3.12

# The image's own account, which is not root.
USER airflow
WORKDIR /opt/airflow/project

# Dependencies first: they change less often than the code.
COPY --chown=airflow:root requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY --chown=airflow:root pyproject.toml README.md LICENSE ./
COPY --chown=airflow:root include ./include
COPY --chown=airflow:root plugins ./plugins
COPY --chown=airflow:root dags ./dags
COPY --chown=airflow:root sandbox ./sandbox
# Editable: the package's folder is Airflow's plugins folder, and there is one copy of it.
RUN pip install --no-cache-dir --no-deps -e . && mkdir -m 0700 /opt/airflow/state

WORKDIR /opt/airflow
