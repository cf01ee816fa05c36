"""Variables that may come from a file, at every place that reads one."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from qcontact_sync.config.access import qcontact_from_env
from qcontact_sync.config.cron_secret import cron_secrets
from qcontact_sync.config.secret_files import read_secret
from qcontact_sync.core.errors import ConfigError, SyncError

from dev.errors import CannotRun
from dev.settings import read_settings

NAME = "QCONTACT_PASSWORD"
TENANT = {
    "QCONTACT_DIALECT": "entities",
    "QCONTACT_API_URL": "https://tenant.example.test",
    "QCONTACT_EMAIL": "sync@example.test",
    "DATABASE_URL": "postgresql://app@db.example.test/fibreflow",
}


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], set[str]]:
    """What each reader says of a password, or a cron secret, that is given like this."""

    def ask(given: Mapping[str, str]) -> set[str]:
        for name, value in (TENANT | given).items():
            monkeypatch.setenv(name, value)
        of_cron = {name.replace(NAME, "CRON_SECRET"): value for name, value in given.items()}
        readers: list[tuple[type[Exception], Callable[[], object]]] = [
            (ConfigError, lambda: read_secret(NAME, given)),
            (SyncError, qcontact_from_env),
            (ConfigError, lambda: cron_secrets(of_cron)),
            (CannotRun, lambda: read_settings(TENANT | given)),
        ]
        said = set()
        for refusal, read in readers:
            with pytest.raises(refusal) as refused:
                read()
            said.add(str(refused.value).replace("CRON_SECRET", NAME))
        return said

    return ask


@pytest.mark.parametrize("text", ["", "\n", "  \n", "\r\n"])
def test_a_file_of_blanks_is_empty_for_every_reader(refusals, tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text(text)
    said = refusals({f"{NAME}_FILE": str(tmp_path / "secret")})
    assert said == {f"{NAME}_FILE: the file is empty"}


def test_a_file_that_is_missing_is_refused_alike(refusals, tmp_path: Path) -> None:
    said = refusals({f"{NAME}_FILE": str(tmp_path / "nowhere")})
    assert said == {f"{NAME}_FILE: cannot be read (FileNotFoundError)"}


def test_a_variable_beside_its_file_is_refused_alike(refusals, tmp_path: Path) -> None:
    said = refusals({NAME: "p" * 32, f"{NAME}_FILE": str(tmp_path / "secret")})
    assert said == {f"{NAME} and {NAME}_FILE are both set: set one of them"}


def test_blanks_beside_a_file_count_as_not_set(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("p-1\n")
    assert read_secret(NAME, {NAME: "  ", f"{NAME}_FILE": str(tmp_path / "secret")}) == "p-1"
