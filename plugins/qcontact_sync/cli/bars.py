"""Bars on a terminal of what is under way; imported only where there is one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """A callback that updates one bar per name on stderr."""
    tasks: dict[str, TaskID] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # The bar must neither show nor delay what goes to stdout: that is the result.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False) as shown:

        def move(name: str, done: int, expected: int) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(str(name))
            shown.update(tasks[name], completed=done, total=expected)

        yield move


class _RateColumn(ProgressColumn):
    """Tickets a second."""

    def render(self, task: Task) -> Text:
        """The rate, as soon as it is known."""
        return Text(f"{task.speed:.0f}/s" if task.speed else "", style="dim")
