"""A webhook that takes what a notification service posts, or refuses it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.http_receiver import Answer, receiving


@dataclass
class Webhook:
    """Attributes:
    taken: The documents that it took, oldest first.
    status: What it answers.
    """

    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    def take(self, body: bytes) -> Answer:
        if self.status < 300:
            self.taken.append(json.loads(body))
        return self.status, b""


@contextmanager
def webhook() -> Iterator[Webhook]:
    """One that listens on loopback."""
    found = Webhook()
    with receiving(found.take) as found.port:
        yield found
