"""Lists in pages: how many at once, where a page begins, and query strings that hold nothing else than is read."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any

from fastapi import Query, Request

from bot.interfaces.http.problems import Problem

MOST = 1000
"""Entries of a page."""

_LONGEST = 100  # characters of a name, in problems
_GUARDED = "/v1/"

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
_AFTER = "The `next` of the page before; without it, the first page."
After = Annotated[str | None, Query(max_length=500, description=_AFTER)]
AfterDocument = Annotated[
    str | None, Query(max_length=500, pattern=r"^[0-9]{1,12}(\.[0-9]{1,9})?-[0-9a-f]{1,32}$", description=_AFTER)
]
AfterTurn = Annotated[str | None, Query(max_length=500, pattern=r"^[0-9]{1,9}\.", description=_AFTER)]
Next = str | None


async def known_query(request: Request) -> None:
    """Refuses a name in the query string that the route does not read: what is misspelt would have no effect."""
    if not request.url.path.startswith(_GUARDED):
        return
    dependant: Any = getattr(request.scope.get("route"), "dependant", None)
    known = [field.alias for field in dependant.query_params] if dependant else []
    for name in request.query_params:
        if name not in known:
            near = get_close_matches(name, known, 1)
            cure = f"Perhaps you mean {near[0]}." if near else f"Those there are: {', '.join(known) or 'none'}."
            detail = f"There is no {name[:_LONGEST]!r} in the query string of this path. {cure}"
            raise Problem(422, "invalid", detail, errors=[{"where": f"query.{name[:_LONGEST]}", "fault": detail}])
