"""CRON_SECRET: which values are accepted, and what is said of those that are not."""

import pytest
from qcontact_sync.config.cron_secret import cron_secrets, weakness
from qcontact_sync.core.errors import ConfigError

LONG, OTHER, SHORT = "a" * 32, "b" * 32, "c" * 16


def refusal(**environment: str) -> str:
    with pytest.raises(ConfigError) as refused:
        cron_secrets(environment)
    return str(refused.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ()),
        ("  ", ()),
        (LONG, (LONG,)),
        (f" {LONG}\n", (LONG,)),
        (f"{LONG}, {OTHER}", (LONG, OTHER)),
        (f"{LONG},", (LONG,)),
        (SHORT, (SHORT,)),
    ],
)
def test_one_secret_or_two_are_accepted(value: str, expected: tuple[str, ...]) -> None:
    assert cron_secrets({"CRON_SECRET": value}) == expected


@pytest.mark.parametrize("value", ["c" * 15, f"{LONG},{'c' * 15}", "Xq7,Zp9"])
def test_a_short_secret_is_refused_and_never_shown(value: str) -> None:
    """A generated secret with a comma in it would be two short ones."""
    said = refusal(CRON_SECRET=value)
    assert "fewer than 16 characters" in said
    assert "comma" in said
    assert not any(part in said for part in value.split(","))


def test_more_than_two_secrets_are_refused() -> None:
    assert "at most 2" in refusal(CRON_SECRET=f"{LONG},{OTHER},{'d' * 32}")


def test_a_secret_shorter_than_advised_is_a_weakness() -> None:
    assert weakness((LONG, OTHER)) is None
    assert "fewer than 32 characters" in (weakness((LONG, SHORT)) or "")


def test_a_secret_from_a_file_is_read_at_each_use(tmp_path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{LONG}\n")
    environment = {"CRON_SECRET_FILE": str(file), "CRON_SECRET": ""}
    assert cron_secrets(environment) == (LONG,)
    file.write_text(OTHER)
    assert cron_secrets(environment) == (OTHER,)


def test_a_file_that_holds_no_secret_is_refused(tmp_path) -> None:
    """Else an empty file would open the endpoint to Airflow's own tokens."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "empty" in refusal(CRON_SECRET_FILE=str(tmp_path / "empty"))
    for name in ("missing", "binary"):
        assert "cannot be read" in refusal(CRON_SECRET_FILE=str(tmp_path / name))


def test_nothing_but_commas_is_refused(tmp_path) -> None:
    (tmp_path / "commas").write_text(" ,\n")
    assert "only commas" in refusal(CRON_SECRET=",")
    assert "only commas" in refusal(CRON_SECRET_FILE=str(tmp_path / "commas"))


def test_a_secret_and_a_file_together_are_refused(tmp_path) -> None:
    said = refusal(CRON_SECRET=LONG, CRON_SECRET_FILE=str(tmp_path / "secret"))
    assert "both set" in said
    assert LONG not in said
