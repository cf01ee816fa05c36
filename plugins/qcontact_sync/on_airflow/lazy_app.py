"""Apps for Airflow's API server, built at the first request.

Every process of Airflow loads the plugin, also each task. Only the API server needs the apps, and
their imports take half a second.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from importlib import import_module
from typing import Any

_Message = MutableMapping[str, Any]
_Asgi = Callable[..., Awaitable[None]]


class LazyApp:
    """An ASGI app that creates the real one with a module's ``create_app`` when needed.

    Args:
        module: The module's full name.
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
