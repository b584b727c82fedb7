"""Web addresses: what they mean, written in one way; and the errors of requests to them.

This module opens no socket, and knows no resolver, no HTTP, and not which hosts may be reached.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar
from urllib.parse import quote

from retrieval.errors import FootnoteError

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_ADDRESS = 8000
"""The longest web address that is read, in code points."""

_PORTS = {"http": 80, "https": 443}
_WEB = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.I | re.S)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.A)
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.A | re.I)
_SHOWN_LONGEST = 160
# What browsers refuse too (the "bad ports" of the Fetch standard): services that take lines of text, mail before all,
# would read a request as their own commands.
_OTHER_SERVICES = frozenset(
    int(port)
    for port in (
        "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 "
        "123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 "
        "990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080"
    ).split()
)


class OutboundError(FootnoteError):
    """A request failed or was not made. `what` is the message without the address, for where that is not to be shown.

    `status` is the HTTP status that came back, if one did, and `retry_after` the seconds from now that it asked to be
    left alone; `refused` is true when the request was not let out, so that trying again is of no use.
    """

    refused: ClassVar[bool] = False
    status: int | None = None
    retry_after: float | None = None

    def __init__(self, address: str, what: str, hint: str = "") -> None:
        super().__init__(f"{address} {what}.", hint)
        self.what = what


class AddressError(OutboundError, ValueError):
    """An address is malformed or may not be reached."""

    refused = True


@dataclass(frozen=True)
class WebAddress:
    """An http or https address, normalised: `host` in ASCII (IPv6 without brackets), `target` its path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @cached_property
    def ip(self) -> IP | None:
        """The numeric address that the host is, if it is one."""
        return numeric(self.host)

    @property
    def authority(self) -> str:
        """The host as a Host header has it: IPv6 in brackets, the port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.target.partition("?")[0]

    @property
    def url(self) -> str:
        """The whole address, with its query and without a fragment."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def shown(self) -> str:
        """The address for messages: without its query, which may hold a secret, and shortened."""
        return _shortened(f"{self.scheme}://{self.authority}{self.path}")


def read_address(text: str) -> WebAddress:
    """The web address that `text` is, its fragment dropped. Raises AddressError when it is none that can be fetched."""
    text = text.strip()
    shown = repeatable(text)
    if len(text) > LONGEST_ADDRESS:
        raise AddressError(shown, f"is longer than {LONGEST_ADDRESS} characters", "Shorten the address.")
    if any(c <= " " or c.isspace() or "\x7f" <= c <= "\x9f" or "\ud800" <= c <= "\udfff" for c in text):
        raise AddressError(shown, "holds white space or control characters", "Write them as %20 and the like.")
    parts = _WEB.fullmatch(text)
    if parts is None:
        raise AddressError(shown, "is no web address", "Write http://host/path or https://host/path.")
    scheme, authority, path, query = parts[1].lower(), parts[2], parts[3] or "/", parts[4] or ""
    if "@" in authority:
        raise AddressError(shown, "holds a user name or password, and none is sent", "Leave out all up to the @.")
    if "\\" in authority + path:
        raise AddressError(shown, "holds a backslash", "Write / in its place.")
    host, port = split_port(authority, shown)
    number = int(port) if port else _PORTS[scheme]
    if not 0 < number < 65536:
        raise AddressError(shown, "names no port from 1 to 65535", "Check the number after the colon.")
    if number in _OTHER_SERVICES:
        raise AddressError(shown, f"names port {number}, which belongs to another kind of service than the web")
    target = quote(path, safe="!$%&'()*+,/:;=@~[]") + quote(query, safe="!$%&'()*+,/:;=@~[]?{}|^`")
    return WebAddress(scheme, read_host(host, shown), number, target)


def numeric(host: str) -> IP | None:
    """The numeric address that a normalised host is, if it is one."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def split_port(authority: str, shown: str) -> tuple[str, str]:
    """The host and the port ("" without one) of `authority`. Raises AddressError, which begins with `shown`."""
    parts = re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?", authority, re.A)
    if parts is None:
        raise AddressError(shown, "has no valid host and port", "Write host, host:port or [IPv6]:port.")
    if not parts[1]:
        raise AddressError(shown, "names no host", "Write http://host/path or https://host/path.")
    return parts[1], parts[2] or ""


def read_host(host: str, shown: str) -> str:
    """`host` in ASCII or as a numeric address, without brackets. Raises AddressError, which begins with `shown`."""
    if host.startswith("["):
        try:
            ip = ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            raise AddressError(shown, "has no valid IPv6 address in its brackets") from None
        if ip.scope_id is not None:
            raise AddressError(shown, "names a zone of this machine in its IPv6 address", "Leave out the % part.")
        return str(ip.ipv4_mapped or ip)
    if "%" in host:
        raise AddressError(shown, "holds a % in its host", "Write the host in plain characters.")
    if not host.isascii():
        import idna

        try:
            host = idna.uts46_remap(host, std3_rules=False, transitional=False)
            if not host.isascii():
                host = idna.encode(host).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise AddressError(shown, "has no valid international host name", "Check its spelling.") from None
    host = host.lower().removesuffix(".")
    *_, last = parts = host.split(".")
    if _NUMBER.fullmatch(last):
        # In any notation that resolvers take; a long number is too large, or padded, which nothing harmless is.
        if all(len(part) <= 16 for part in parts):
            with contextlib.suppress(OSError):
                return socket.inet_ntoa(socket.inet_aton(host))
        raise AddressError(shown, "has no valid numeric host", "Write four numbers from 0 to 255, or a name.")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, parts)):
        raise AddressError(shown, "has no valid host name", "Check its spelling.")
    return host


def repeatable(text: str) -> str:
    """What may be repeated of an address that could not be read: nothing up to its last @, and no query."""
    head, at, tail = re.split(r"[?#]", text[: LONGEST_ADDRESS + 1], maxsplit=1)[0].rpartition("@")
    scheme = re.match(r"[a-z]{2,8}:/*", head, re.I) if at else None
    words = f"{scheme[0] if scheme else ''}…@{tail}" if at else tail
    return _shortened("".join(c if c.isprintable() else "\ufffd" for c in words)) or "An empty address"


def _shortened(words: str) -> str:
    return words if len(words) <= _SHOWN_LONGEST else f"{words[: _SHOWN_LONGEST - 1]}…"
