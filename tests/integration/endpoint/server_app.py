"""What Airflow's API server is made of that the endpoint needs: the plugins, and who may log in."""

from airflow.api_fastapi.app import init_auth_manager, init_plugins
from fastapi import FastAPI


def create_app() -> FastAPI:
    app = FastAPI()
    init_plugins(app)
    init_auth_manager(app)
    return app
