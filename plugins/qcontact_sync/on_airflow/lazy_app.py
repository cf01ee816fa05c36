"""Apps for Airflow's API server, built when somebody first asks.

Every process of Airflow loads the plugin, each task too; only the API server serves, and what the
apps import takes half a second.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from importlib import import_module
from typing import Any

_Message = MutableMapping[str, Any]
_Asgi = Callable[..., Awaitable[None]]


class LazyApp:
    """An ASGI app that stands for the one a module's ``create_app`` makes.

    Args:
        module: Its full name.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    @cached_property
    def _app(self) -> _Asgi:
        app: _Asgi = import_module(self._module).create_app()
        return app

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Hand the request on."""
        await self._app(scope, receive, send)
