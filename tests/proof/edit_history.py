"""Which edit was made knowing which: what a sync may overwrite, and what it may not."""

from collections import defaultdict
from dataclasses import dataclass, field

Number = int


@dataclass
class EditHistory:
    """Edits by number, over both sides.

    Attributes:
        overtook: By edit, those that it directly came after.
        peers: Edits of the two sides that came to count as the same.
    """

    overtook: defaultdict[Number, set[Number]] = field(default_factory=lambda: defaultdict(set))
    peers: defaultdict[Number, set[Number]] = field(default_factory=lambda: defaultdict(set))

    def add(self, over: Number, edit: Number) -> None:
        """Whoever made the edit saw the other one, or the sync decided so."""
        if over != edit:
            self.overtook[edit].add(over)

    def agree(self, here: Number, there: Number) -> None:
        if here != there:
            self.peers[here].add(there)
            self.peers[there].add(here)

    def came_after(self, edit: Number, other: Number) -> bool:
        """Whether the edit was made, by any number of steps, knowing the other."""
        seen: set[Number] = set()
        ahead = set(self.overtook[edit])
        while ahead:
            number = ahead.pop()
            if number not in seen:
                seen.add(number)
                ahead |= self.overtook[number] | self.peers[number]
        return other in seen and other != edit
