import subprocess
import sys
from typing import Any

import pytest
from airflow.providers_manager import ProvidersManager
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.settings import Settings
from qcontact_sync.on_airflow.hook import QContactHook
from qcontact_sync.on_airflow.provider_info import get_provider_info

# Which QContact, and as whom: they are no settings.
OF_THE_ACCESS = {"dialect", "queues", "client"}


def form() -> dict[str, dict[str, Any]]:
    (connection_type,) = get_provider_info()["connection-types"]
    return connection_type["conn-fields"]


def test_airflow_knows_the_connection_type_and_its_hook():
    known = ProvidersManagerTaskRuntime().hooks["qcontact"]

    assert known is not None
    assert known.hook_name == QContactHook.hook_name
    assert known.connection_id_attribute_name == "qcontact_conn_id"
    assert known.package_name == "qcontact-sync"


def test_the_form_asks_for_a_url_a_key_and_the_options():
    widgets = ProvidersManager().connection_form_widgets
    ours = {name for name in widgets if name.startswith("extra__qcontact__")}
    behaviour = ProvidersManager().field_behaviours["qcontact"]

    assert ours == {f"extra__qcontact__{name}" for name in form()}
    assert behaviour["relabeling"] == {
        "host": "Base URL",
        "login": "E-mail address (dialect entities)",
        "password": "API key, password or token",
    }
    assert not {"host", "login", "password"} & set(behaviour["hidden_fields"])


def test_the_form_offers_the_dialects_that_there_are():
    assert form()["dialect"]["schema"]["enum"] == list(Dialect)


@pytest.mark.parametrize("name", sorted(form().keys() - OF_THE_ACCESS))
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
