"""Who asks with a browser: the user of this machine where there are no keys, else whoever signed in with one.

A session is a cookie that names the key and is signed, with what the key's secrets are known by: it ends with them.
Pages of other sites, which could send requests through a browser, are refused.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response

from bot.interfaces.http.problems import Problem
from bot.interfaces.http.service import Service
from bot.interfaces.shared_documents import LOCAL
from bot.signing import DAY

_COOKIE = "footnote_session"
_LASTS = 30 * DAY
_KEY = "key:"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_READING = frozenset({"GET", "HEAD"})


def asker_of(service: Service, request: Request) -> str | None:
    """The asker of a request from a page; None where nobody has signed in. Raises Problem for pages of other sites."""
    return in_session(service, request) if service.keys else of_machine(service, request)


def in_session(service: Service, request: Request) -> str | None:
    """Whoever signed in, if anyone did. Raises Problem where a page of another site changes something."""
    name, _, rest = request.cookies.get(_COOKIE, "").partition("|")
    until, _, signature = rest.partition("|")
    known = service.keys.fingerprint(name)
    lasts = until.isascii() and until.isdecimal() and len(until) <= 12 and int(until) > time.time()
    if known is None or not lasts or not service.bot.signing.holds(signature, "session", name, known, until):
        return None
    if request.method not in _READING:
        check_own(request)
    return f"{_KEY}{name}"


def check_own(request: Request) -> None:
    """Raises Problem for what a page of another site sends."""
    origin = request.headers.get("origin")
    # A proxy may speak https where this server does not.
    own = origin is None or urlsplit(origin).netloc == request.url.netloc
    if not (own and _is_told_own(request)):
        detail = "Pages of other sites may not ask in your name. Use the page of this server."
        raise Problem(403, "foreign-page", detail)


def of_machine(service: Service, request: Request) -> str:
    """Whoever uses this machine, but not the pages that they look at: those could reach loopback through a browser.

    Pages of origins that the settings name are let in.
    """
    cure = "Set FOOTNOTE_API_KEYS to serve others."
    # A host that cannot be read is passed over by the framework, in favour of the address that was connected to.
    readable = request.headers.get("host") in (None, request.url.netloc)
    if not readable or request.url.hostname not in _LOOPBACK:
        raise Problem(403, "not-local", f"Without keys only this machine is served, as http://localhost. {cure}")
    origin = request.headers.get("origin")
    own = origin in (None, f"{request.url.scheme}://{request.url.netloc}") and _is_told_own(request)
    # Whoever follows a link sees the page; the site that has the link does not.
    follows = request.method in _READING and request.headers.get("sec-fetch-dest") == "document"
    own = own or (follows and origin is None and not request.url.path.startswith("/v1/"))
    if not own and origin not in service.origins:
        raise Problem(403, "not-local", f"Without keys, pages of other sites are not served. {cure}")
    return LOCAL


def sign_in(service: Service, request: Request, response: Response, secret: str) -> bool:
    """Have the browser keep a session of the key with this secret; whether there is such a key."""
    asker = service.keys.owner(secret)
    if asker is None:
        return False
    name, until = asker.removeprefix(_KEY), str(int(time.time()) + _LASTS)
    signature = service.bot.signing.sign("session", name, service.keys.fingerprint(name) or "", until)
    response.set_cookie(
        _COOKIE,
        f"{name}|{until}|{signature}",
        max_age=_LASTS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" or service.bot.settings.public_url.startswith("https://"),
    )
    return True


def sign_out(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(_COOKIE, httponly=True, samesite="strict")


def _is_told_own(request: Request) -> bool:
    """Whether the browser, where there is one, tells of no other site."""
    return request.headers.get("sec-fetch-site") not in ("cross-site", "same-site")
