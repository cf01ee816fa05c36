"""How settings are read, and which only fit together."""

import pytest
from qcontact_sync.config.settings import Settings, TableSettings, load_settings
from qcontact_sync.core.errors import ConfigError


def test_activities_are_refused_by_name_where_the_schema_has_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QCONTACT_SYNC_INBOUND_NOTES", "activities")
    with pytest.raises(ConfigError, match=r"QCONTACT_SYNC_INBOUND_NOTES: .* has no activities"):
        load_settings()
    monkeypatch.setenv("QCONTACT_SYNC_SCHEMA", "maintenance")
    assert load_settings().inbound_notes == "activities"


def test_the_case_of_a_variable_does_not_matter(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("qcontact_sync_Page_Size", "50")
    monkeypatch.setenv("QCONTACT_SYNC_TABLE_TICKETS", "jobs")
    assert load_settings().page_size == 50
    assert TableSettings().tickets == "jobs"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QCONTACT_SYNC_PAGE_SIZE", "")
    assert load_settings().page_size == 100


def test_what_is_passed_by_name_counts_more_than_a_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QCONTACT_SYNC_PAGE_SIZE", "50")
    assert Settings(page_size=20).page_size == 20


def test_all_variables_that_cannot_be_used_are_named_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QCONTACT_SYNC_PAGE_SIZE", "many")
    monkeypatch.setenv("QCONTACT_SYNC_OVERLAP_S", "-1")
    with pytest.raises(ConfigError, match=r"OVERLAP_S: must be at least 0; .*PAGE_SIZE: must be a"):
        load_settings()
