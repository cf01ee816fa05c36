"""The DAG as Airflow loads it."""

import warnings

import pytest

import tests.private_airflow


@pytest.fixture(scope="session")
def dag_bag():
    from tests.airflow_releases import DagBag

    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        bag = DagBag(dag_folder=str(tests.private_airflow.PROJECT / "dags"))
    vars(bag)["given_warnings"] = given
    return bag


@pytest.fixture
def dag(dag_bag):
    return dag_bag.dags["qcontact_sync"]
