"""Page numbers and page sizes, and what happens to a page that is too large."""

from starlette.datastructures import QueryParams

from sandbox.switches import Switches
from sandbox.writes import ApiError

DEFAULT_SIZE = 50


def read_number(params: QueryParams, name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise ApiError(400, f"{name} must be a number from 1", name)
    return int(text)


def read_page(params: QueryParams, size_name: str, switches: Switches) -> tuple[int, int]:
    """Number and size of the page to serve; `size_name` is what the dialect calls the size."""
    size = read_number(params, size_name, DEFAULT_SIZE)
    if size > switches.page_cap and switches.page_over_cap == "refuse":
        raise ApiError(400, f"{size_name} must be at most {switches.page_cap}", size_name)
    number = read_number(params, "page", 1)
    if 0 < switches.page_depth < number:
        raise ApiError(400, f"page must be at most {switches.page_depth}", "page")
    return number, min(size, switches.page_cap)


def size_said(params: QueryParams, size_name: str, served: int, switches: Switches) -> int:
    """The page size that the answer claims."""
    unsaid = switches.page_over_cap == "cut_unsaid"
    return read_number(params, size_name, DEFAULT_SIZE) if unsaid else served
