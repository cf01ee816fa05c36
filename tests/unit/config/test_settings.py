"""Settings that only fit together."""

import pytest
from qcontact_sync.config.settings import load_settings
from qcontact_sync.core.errors import ConfigError


def test_activities_are_refused_by_name_where_the_schema_has_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QCONTACT_SYNC_INBOUND_NOTES", "activities")
    with pytest.raises(ConfigError, match=r"QCONTACT_SYNC_INBOUND_NOTES: .* has no activities"):
        load_settings()
    monkeypatch.setenv("QCONTACT_SYNC_SCHEMA", "maintenance")
    assert load_settings().inbound_notes == "activities"
