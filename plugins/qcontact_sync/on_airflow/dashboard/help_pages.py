"""The help: the project's own pages (``docs/*.md``), of which the runbook is the first."""

from functools import cache
from pathlib import Path
from re import sub
from typing import cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.responses import HTMLResponse

from qcontact_sync.on_airflow.dashboard import views
from qcontact_sync.on_airflow.dashboard.pages import remember_rights, show
from qcontact_sync.on_airflow.dashboard.security import may_read

FIRST = "runbook"
_PACKAGE = Path(__file__).parents[2]

router = APIRouter(
    dependencies=[may_read, Depends(remember_rights)], default_response_class=HTMLResponse
)


@router.get("/help")
async def runbook(request: Request) -> HTMLResponse:
    """What each mail and each red state means, and what to do."""
    return await help_page(request, FIRST)


@router.get("/help/{name}")
async def help_page(request: Request, name: str) -> HTMLResponse:
    """A page of the documentation."""
    return await show(request, "help.html", _view, name, f"{request.scope['root_path']}/help")


async def _view(account: str, name: str, base: str) -> views.View:
    if name not in page_names():
        raise views.NotThere("The documentation has no such page.")
    return {**await views.plain(account), "title": _title(name), "text": rendered(name, base)}


def docs_folder() -> Path:
    """Where the pages are: in the installed package, or in the source tree."""
    installed = _PACKAGE / "docs"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "docs"


@cache
def page_names() -> frozenset[str]:
    """The names of the pages."""
    return frozenset(path.stem for path in docs_folder().glob("*.md"))


def _text(name: str) -> str:
    return (docs_folder() / f"{name}.md").read_text(encoding="utf-8")


@cache
def _title(name: str) -> str:
    return _text(name).partition("\n")[0].removeprefix("# ")


@cache
def rendered(name: str, base: str) -> Markup:
    """A page as HTML; its links to other pages lead to the help at ``base``.

    The text comes with the package, so it is safe; HTML in it would still be shown as text.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(_text(name))
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor_of(tokens[place + 1].content))
        _lead(token, name, base)
    return Markup(cast(str, reader.renderer.render(tokens, reader.options, {})))  # noqa: S704


def anchor_of(heading: str) -> str:
    """The anchor of a heading, the same as in the repository."""
    return sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _lead(token: Token, name: str, base: str) -> None:
    """Lead links to the help; a target that is not part of it becomes no link."""
    for child in token.children or ():
        if child.type == "link_open":
            child.attrSet("href", _target(str(child.attrGet("href")), name, base))
        elif child.type == "image":
            child.attrSet("src", f"{base}/{child.attrGet('src')}")


def _target(href: str, name: str, base: str) -> str:
    parts = urlsplit(href)
    if parts.scheme:
        return href
    page = parts.path.removesuffix(".md") or name
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{base}/{page}{fragment}"
