"""The values for the Helm chart agree with the image and with what is installed."""

from importlib.metadata import version

import yaml

from dev.state import PROJECT

VALUES = yaml.safe_load((PROJECT / "examples" / "kubernetes" / "values.yaml").read_text())
DOCKERFILE = (PROJECT / "Dockerfile").read_text()


def test_they_are_for_the_airflow_that_is_tested():
    assert VALUES["airflowVersion"] == version("apache-airflow")


def test_they_name_folders_and_the_account_of_the_image():
    assert f"USER {VALUES['securityContexts']['pod']['runAsUser']}\n" in DOCKERFILE
    for setting, folder in (("dags_folder", "dags"), ("plugins_folder", "plugins")):
        assert VALUES["config"]["core"][setting] == f"/opt/airflow/project/{folder}"


def test_what_the_chart_takes_as_text_is_yaml():
    names = [variable["name"] for variable in yaml.safe_load(VALUES["extraEnv"])]
    assert "QCONTACT_SYNC_ACCOUNTS_FILE" in names
    assert yaml.safe_load(VALUES["extraEnvFrom"])
