"""Ids of new rows are random UUIDs."""

from uuid import RFC_4122, UUID

import pytest
from qcontact_sync.fibreflow.new_ids import new_ids


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_new_ids_are_random_uuids_of_version_4(count):
    ids = [UUID(drawn) for drawn in new_ids(count)]
    assert len(set(ids)) == count
    assert {(drawn.version, drawn.variant) for drawn in ids} <= {(4, RFC_4122)}
