"""The accounts file: what it may say, and that what it may not is refused by name alone."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qcontact_sync.config.accounts import DEFAULT, Account, configured_accounts, find_account
from qcontact_sync.config.settings import Settings, check_accounts, load_settings
from qcontact_sync.core.errors import ConfigError

from tests.depth import EXAMPLES

EXAMPLE = Path(__file__).parents[3] / "examples" / "accounts.toml"
SECRET = "s3cret-value"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Writes the accounts file."""
    path = tmp_path / "accounts.toml"
    monkeypatch.setenv("QCONTACT_SYNC_ACCOUNTS_FILE", str(path))
    monkeypatch.delenv("QCONTACT_SYNC_ACCOUNT", raising=False)
    return path.write_text


def refusal():
    with pytest.raises(ConfigError) as refused:
        check_accounts()
    return str(refused.value)


def test_without_a_file_there_is_one_account_with_the_names_of_always(monkeypatch):
    monkeypatch.delenv("QCONTACT_SYNC_ACCOUNTS_FILE", raising=False)

    assert configured_accounts() == {DEFAULT: Account()}
    account = find_account()
    assert (account.dag_id, account.monitor_dag_id) == ("qcontact_sync", "qcontact_sync_monitor")
    assert account.qcontact_conn_id == "qcontact_default"
    assert account.fibreflow_conn_id == "fibreflow_default"


def test_an_account_of_the_file_has_names_of_its_own(file):
    file("[accounts.north]")

    account = find_account("north")
    assert account.dag_id == "qcontact_sync_north"
    assert account.monitor_dag_id == "qcontact_sync_monitor_north"
    assert account.qcontact_conn_id == "qcontact_north"
    assert account.fibreflow_conn_id == "fibreflow_north"


def test_the_account_default_keeps_the_names_it_has_without_a_file(file):
    file("[accounts.default]\n[accounts.north]")

    assert find_account() == Account()


def test_the_example_is_a_file_that_is_taken(file):
    file(EXAMPLE.read_text())

    assert list(check_accounts()) == ["north", "south"]
    south = load_settings(find_account("south"))
    assert (south.account, south.connections, south.rate_per_s) == ("south", 4, 2.5)
    assert south.alert_to == ("south@example.test", "duty@example.test")


def test_what_an_account_sets_counts_more_than_the_variable_and_for_no_other(file, monkeypatch):
    monkeypatch.setenv("QCONTACT_SYNC_CONNECTIONS", "3")
    file('[accounts.a]\nconnections = 7\nalert_to = "x@y.test, z@y.test"\n[accounts.b]')

    a, b = (load_settings(find_account(name)) for name in "ab")
    assert (a.connections, b.connections) == (7, 3)
    assert (a.alert_to, b.alert_to) == (("x@y.test", "z@y.test"), ())


def test_the_command_line_must_say_which_account_it_means(file, monkeypatch):
    file("[accounts.north]\n[accounts.south]")
    with pytest.raises(ConfigError, match=r"QCONTACT_SYNC_ACCOUNT must be one of.*north, south"):
        load_settings()

    monkeypatch.setenv("QCONTACT_SYNC_ACCOUNT", "south")
    assert load_settings().account == "south"


def test_an_account_without_a_file_is_refused(monkeypatch):
    monkeypatch.delenv("QCONTACT_SYNC_ACCOUNTS_FILE", raising=False)
    monkeypatch.setenv("QCONTACT_SYNC_ACCOUNT", "north")

    with pytest.raises(ConfigError, match="QCONTACT_SYNC_ACCOUNTS_FILE is not set"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "contains no account"),
        ("accounts = 5", "contains no account"),
        ("[accounts]", "contains no account"),
        ("[account.north]", "unknown key account"),
        ("[accounts.North]", "accounts.North"),
        ("[accounts.1north]", "accounts.1north"),
        ("[accounts.a-b]", "accounts.a-b"),
        ('[accounts."a b"]', "accounts.'a b'"),
        (f"[accounts.{'n' * 33}]", "a name has"),
        ("[accounts.monitor]", "accounts.monitor"),
        ("[accounts.monitor_north]", "accounts.monitor_north"),
        ("accounts.north = 5", "accounts.north: must be a table"),
        ("[accounts.a]\nrate = 5", "accounts.a: no setting is named 'rate'"),
        ("[accounts.a]\n_env_file = 'x'", "'_env_file'"),
        ("[accounts.a]\naccount = 'b'", "accounts.a.account"),
        ("[accounts.a]\naccounts_file = 'b'", "accounts.a.accounts_file"),
        ("[accounts.a]\nconnections = true", "accounts.a.connections"),
        ("[accounts.a]\nconnections = 1979-05-27", "accounts.a.connections"),
        ("[accounts.a.connections]\nmost = 5", "accounts.a.connections"),
        ("[accounts.a]\nrate_per_s = 0", "accounts.a.rate_per_s"),
        ("[accounts.a]\nalert_to = [5]", "accounts.a.alert_to"),
        ("[accounts.a]\nqcontact_conn_id = ''", "accounts.a.qcontact_conn_id"),
        (
            "[accounts.a]\nfibreflow_conn_id = 'postgresql://u:p@h/d'",
            "accounts.a.fibreflow_conn_id",
        ),
        (
            "[accounts.a]\nfibreflow_conn_id = 'x'\n[accounts.b]\nfibreflow_conn_id = 'X'",
            "accounts.a.fibreflow_conn_id: each account needs its own: a, b",
        ),
        (
            "[accounts.a]\n[accounts.b]\nqcontact_conn_id = 'qcontact_a'",
            "accounts.a.qcontact_conn_id: each account needs its own: a, b",
        ),
        ("[accounts.a]\n[accounts.a]", "not TOML in UTF-8 (at line 2, column 12)"),
        ("[accounts.a", "not TOML in UTF-8"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(file, text, named):
    file(text)

    refused = refusal()

    assert "QCONTACT_SYNC_ACCOUNTS_FILE" in refused
    assert named in refused


@pytest.mark.parametrize(
    "schedule", ["0 */6 * * *", "* * * * *", "*/5 * * * *", "0 1,7,13,19 * * *", "59 */3 * * *"]
)
def test_a_schedule_with_four_slots_a_day_or_more_is_taken(file, schedule):
    file(f"[accounts.a]\nschedule = '{schedule}'")

    assert find_account("a").schedule == schedule


@pytest.mark.parametrize(
    "schedule",
    ["0 0 * * *", "0 8-20 * * *", "0 */7 * * *", "0 */6 * * 1-5", "0 */6 1 * *", "@hourly", "",
     "0 */6 * * * *", "61 * * * *", "x y * * *"],
)  # fmt: skip
def test_a_schedule_that_the_alerts_could_not_rely_on_is_refused(file, schedule):
    file(f"[accounts.a]\nschedule = '{schedule}'")

    assert "accounts.a.schedule: must be cron of five fields" in refusal()


def test_a_file_that_is_not_there_is_refused_without_its_path(file, tmp_path):
    refused = refusal()

    assert refused == "QCONTACT_SYNC_ACCOUNTS_FILE: cannot be read (FileNotFoundError)"


def test_bytes_that_are_no_text_are_refused(file, tmp_path):
    (tmp_path / "accounts.toml").write_bytes(b"[accounts.\xff]")

    assert refusal() == "QCONTACT_SYNC_ACCOUNTS_FILE: not TOML in UTF-8"


def test_a_bad_variable_is_not_blamed_on_the_file(file, monkeypatch):
    monkeypatch.setenv("QCONTACT_SYNC_CONNECTIONS", "many")
    file("[accounts.a]")

    assert list(check_accounts()) == ["a"]
    with pytest.raises(ConfigError, match="QCONTACT_SYNC_CONNECTIONS: "):
        load_settings(find_account("a"))


@pytest.mark.parametrize("name", sorted(Settings.model_fields.keys() - {"ping_url", "runbook_url"}))
def test_no_refusal_shows_a_value(file, name):
    file(f'[accounts.a]\n{name} = ["{SECRET}", 5]')

    refused = refusal()

    assert name in refused
    assert SECRET not in refused


texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.one_of(
        st.booleans().map(lambda b: str(b).lower()),
        st.integers().map(str),
        st.floats().map(lambda f: repr(f)),
        st.sampled_from(['""', '"x"', "1979-05-27", '"0 */6 * * *"', '"north"']),
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    max_leaves=4,
)
keys = st.sampled_from(
    [
        *Settings.model_fields,
        "schedule",
        "qcontact_conn_id",
        "fibreflow_conn_id",
        "rate",
        "_x",
        "'é'",
    ]
)
tables = st.lists(
    st.tuples(
        st.sampled_from(["accounts.a", "accounts.b", "accounts.default", "accounts", "other"]),
        st.dictionaries(keys, values, max_size=3),
    ),
    max_size=3,
)


def written(parts):
    return "\n".join(
        line
        for head, body in parts
        for line in (f"[{head}]", *(f"{k} = {v}" for k, v in body.items()))
    )


@given(text=st.one_of(texts, tables.map(written)))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_is_either_taken_whole_or_refused_as_configuration(file, text):
    file(text, encoding="utf-8")
    try:
        accounts = check_accounts()
    except ConfigError:
        return
    assert accounts.keys() == tomllib.loads(text)["accounts"].keys()
    databases = [account.fibreflow_conn_id.lower() for account in accounts.values()]
    assert len(databases) == len(set(databases))
