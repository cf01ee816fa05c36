# Airflow with the sync in it, for every service of docker-compose.yaml.
# Pinned by its exact tag. To pin the content, too, put behind the tag what
# `docker buildx imagetools inspect` says of it: @sha256:...
FROM apache/airflow:3.3.2-python3.12

# The image's own account `airflow`, by number: Kubernetes refuses to take a name for "not root".
USER 50000
WORKDIR /opt/airflow/project

# Dependencies first: they change less often than the code. What only tests need is in
# requirements-dev.txt and stays out.
COPY --chown=50000:0 requirements.txt ./
# The pins are complete, so nothing has to be resolved: pip stumbles over an extra of a pinned package.
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt

COPY --chown=50000:0 pyproject.toml README.md LICENSE ./
COPY --chown=50000:0 include ./include
COPY --chown=50000:0 docs ./docs
COPY --chown=50000:0 plugins ./plugins
COPY --chown=50000:0 dags ./dags
COPY --chown=50000:0 sandbox ./sandbox
# Editable: the package's folder is Airflow's plugins folder, and there is one copy of it. Built with
# the pinned setuptools.
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . && mkdir -m 0700 /opt/airflow/state /opt/airflow/home

WORKDIR /opt/airflow
