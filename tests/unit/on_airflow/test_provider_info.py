import json
import subprocess
import sys
from typing import Any

import pytest
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.settings import Settings
from qcontact_sync.on_airflow.hook import QContactHook
from qcontact_sync.on_airflow.provider_info import get_provider_info

from tests.airflow_releases import ProvidersManagerTaskRuntime

# In a process of its own: Airflow 3.1 puts stand-ins of its own under wtforms' name.
SHOWN = """
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
(ours,) = [h for h in HookMetaService.hook_meta_data() if h.connection_type == "qcontact"]
print(ours.model_dump_json())
"""


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """The form as Airflow's UI gets it."""
    child = subprocess.run([sys.executable, "-c", SHOWN], check=True, capture_output=True)
    answer: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return answer


def form() -> dict[str, dict[str, Any]]:
    (connection_type,) = get_provider_info()["connection-types"]
    return connection_type["conn-fields"]


def test_airflow_knows_the_connection_type_and_its_hook():
    known = ProvidersManagerTaskRuntime().hooks["qcontact"]

    assert known is not None
    assert known.hook_name == QContactHook.hook_name
    assert known.connection_id_attribute_name == "qcontact_conn_id"
    assert known.package_name == "qcontact-sync"


OPTIONS = ("page_size", "connections", "rate_per_s", "timeout_s")


def test_the_form_asks_for_a_url_credentials_and_the_options(shown):
    standard = {name: field for name, field in shown["standard_fields"].items() if field}
    titles = {name: field["title"] for name, field in standard.items() if field["title"]}

    assert shown["extra_fields"].keys() == form().keys()
    assert titles == {
        "host": "Base URL",
        "login": "E-mail address (only entities)",
        "password": "API key (tickets), or password or token (entities)",
    }
    assert {name for name, field in standard.items() if field["hidden"]} == {"port", "url_schema"}
    assert {*OPTIONS, "dialect", "queues", "client"} == form().keys()


def test_each_field_has_its_label_its_explanation_and_its_choices(shown):
    for name, field in form().items():
        schema = shown["extra_fields"][name]["schema"]
        assert schema.get("enum") == field["schema"].get("enum")
        assert (schema["title"], shown["extra_fields"][name]["description"]) == (
            field["label"],
            field["description"],
        )


@pytest.mark.parametrize("name", ["queues", "client"])
def test_a_field_of_one_dialect_says_that_the_other_ignores_it(name):
    assert "only entities" in form()[name]["label"]
    assert "tickets ignores" in form()[name]["description"]


@pytest.mark.parametrize("field", ["login", "password", "host"])
def test_the_placeholders_say_what_each_dialect_takes(shown, field):
    placeholder = shown["standard_fields"][field]["placeholder"]

    assert all(f"{dialect}:" in placeholder for dialect in Dialect)


def test_the_form_offers_the_dialects_that_there_are():
    assert form()["dialect"]["schema"]["enum"] == list(Dialect)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_form_refuses_what_the_settings_refuse(name):
    described = Settings.model_json_schema()["properties"][name]
    number, *_ = described.get("anyOf", [described])
    checked = {key: bound for key, bound in number.items() if key.lower().endswith("imum")}

    assert checked
    assert checked.items() <= form()[name]["schema"].items()


def test_it_is_cheap_as_every_airflow_process_loads_it():
    code = (
        "import sys; from qcontact_sync.on_airflow.provider_info import get_provider_info as get; "
        "get(); print({'airflow', 'psycopg', 'pydantic', 'aiohttp'} & set(sys.modules))"
    )
    child = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert child.stdout.strip() == "set()"
