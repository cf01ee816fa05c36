"""docs/openapi.json says what the endpoint does; schemathesis holds the one against the other."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.pages.openapi import DOCUMENT, described
from tests.integration.endpoint.serving import PREFIX, SECRET, serve

pytestmark = pytest.mark.integration

CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_the_document_is_current():
    """`python -m dev.pages.openapi` writes it anew."""
    assert DOCUMENT.read_text() == described()


@pytest.mark.usefixtures("scheduler")
def test_schemathesis_finds_nothing_to_complain_about(healthy_airflow, tmp_path):
    program = Path(sys.executable).with_name("schemathesis")
    with serve(healthy_airflow) as server:
        options = ["--url", server.url + PREFIX, "--header", f"Authorization: Bearer {SECRET}"]
        done = subprocess.run(
            [program, "--config-file", CONFIG, "run", DOCUMENT, *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
