"""Where a comparison goes while it is made: a CSV file, and a spool for what is shown at its end.

A comparison of a year's tickets is larger than what should stand in memory.
"""

import csv
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from qcontact_sync.core.comparison import Standing, TicketComparison
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.reporting.comparison_csv import HEADINGS, csv_lines


class Spool:
    """Tickets that are not the same, in a file that only this process can read."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def add(self, compared: TicketComparison) -> None:
        """Keep a ticket, unless it is the same on both sides."""
        if compared.standing is not Standing.SAME:
            self._file.write(json.dumps(compared.to_dict()) + "\n")

    def lines(self) -> Iterator[str]:
        """What was kept, a JSON document a line."""
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip("\n")


class Output:
    """Takes each ticket of a comparison."""

    def __init__(self, spool: Spool, table: Any = None) -> None:
        self.spool = spool
        self._table = table

    def add(self, compared: TicketComparison) -> None:
        """Write a ticket wherever it belongs."""
        self.spool.add(compared)
        if self._table is not None:
            self._table.writerows(csv_lines(compared))


@contextmanager
def open_output(csv_file: Path | None) -> Iterator[Output]:
    """The output of one comparison; the CSV file appears when the block ends well.

    Raises:
        ConfigError: The file cannot be written.
    """
    with ExitStack() as stack:
        spool = Spool(stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")))
        if csv_file is None:
            yield Output(spool)
            return
        unfinished = csv_file.with_name(f".{csv_file.name}.{os.getpid()}")
        stack.callback(unfinished.unlink, missing_ok=True)
        try:
            # Names and statuses of the call centre's tickets: for the caller's eyes.
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise ConfigError(f"cannot write {csv_file}: {error.strerror}") from None
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(HEADINGS)
            yield Output(spool, table)
        unfinished.replace(csv_file)


def print_comparison(tally: Mapping[str, int], spool: Spool) -> None:
    """Write the one JSON document of a comparison to stdout, ticket by ticket."""
    counts = json.dumps(tally)
    sys.stdout.write(f'{{"counts": {counts}, "tickets": [')
    for number, line in enumerate(spool.lines()):
        sys.stdout.write(f"{',' if number else ''}\n  {line}")
    sys.stdout.write("\n]}\n")
    sys.stdout.flush()
