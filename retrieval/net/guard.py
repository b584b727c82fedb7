"""The one guard of requests to addresses that others name: what is fetched from the web, and what is sent to it.

A name is resolved once, every address found for it is judged, and the connection goes to one of exactly these, with the
Host header, the TLS server name and the certificate check of the name: a second answer of the resolver is never asked
for. Proxies of the environment are not used, since they would resolve the name anew. Size, time and decompression are
bounded. This module knows no documents and no settings.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from retrieval.net.client import Deadline, Response, exchange
from retrieval.net.ssrf import AllowedHosts
from retrieval.net.url import IP, AddressError, OutboundError, WebAddress, numeric, read_address

if TYPE_CHECKING:
    import ssl

Resolver = Callable[..., list[Any]]
"""A function with the arguments and the result of `socket.getaddrinfo`."""

MOST_BYTES = 20 * 1024 * 1024
"""The largest body that is read, in bytes after decompression: as much as the largest document."""
MOST_REDIRECTS = 5
"""The most redirects that are followed for one document."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)


class Outbound:
    """Makes requests to public addresses and to what is `allowed`; usable by several threads at once.

    `seconds` bounds all of a request, redirects and the resolver included; `most_bytes` a decompressed body. `resolve`
    finds the addresses of a name. `context` checks certificates; without it those of the system and of certifi are
    trusted.
    """

    def __init__(
        self,
        allowed: AllowedHosts | None = None,
        *,
        seconds: float = 30.0,
        most_bytes: int = MOST_BYTES,
        resolve: Resolver = socket.getaddrinfo,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed, self._seconds, self._most_bytes = allowed or AllowedHosts(), seconds, most_bytes
        self._resolve, self._context = resolve, context

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Response:
        """What `address` holds, after at most MOST_REDIRECTS redirects. `headers` go to the first origin alone.

        Raises OutboundError when it may not be reached, cannot be, or answers with anything but success.
        """
        deadline = Deadline(self._seconds)
        first = current = read_address(address)
        given = dict(headers or {})
        for _ in range(MOST_REDIRECTS + 1):
            try:
                response = self._once(current, given, deadline)
                if response.status not in _REDIRECTS or "location" not in response.headers:
                    return _successful(response)
                following = _following(current, response.headers["location"])
            except OutboundError as error:
                if current is first:
                    raise
                whole = type(error)(first.shown, f"leads elsewhere: {error.message.removesuffix('.')}", error.hint)
                whole.status, whole.retry_after, whole.inside = error.status, error.retry_after, error.inside
                raise whole from None
            if (following.scheme, following.authority) != (current.scheme, current.authority):
                given = {}
            current = following
        raise OutboundError(first.shown, f"redirects more than {MOST_REDIRECTS} times", "Check the address.")

    def post(self, address: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """Sends `body` and gives the status and headers of the answer, whose own body is not read.

        Raises OutboundError when `address` may not be reached, cannot be, or answers with anything but success; a
        redirect is none, and is not followed.
        """
        return _successful(self._once(read_address(address), headers or {}, Deadline(self._seconds), body))

    def judge(self, address: str) -> WebAddress:
        """The address that `address` is. Raises OutboundError when that can be refused before a name is resolved."""
        found = read_address(address)
        self._allowed.check(found)
        return found

    def _once(
        self, address: WebAddress, headers: Mapping[str, str], deadline: Deadline, body: bytes | None = None
    ) -> Response:
        """One request and its answer, of whatever status; every failure as an OutboundError."""
        import ssl

        import httpcore

        try:
            with self._connected(address, deadline) as connection:
                return exchange(connection, address, headers, deadline, body=body, most_bytes=self._most_bytes)
        except TimeoutError:
            what, hint = f"did not answer in full within {deadline.seconds:g} seconds", "Try again later."
        except socket.gaierror:
            what = "names a host that is not found"
            hint = "Check its spelling and the connection to the network."
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message.rstrip(".")
            what, hint = f"has a certificate that is not trusted ({reason})", "Check the address."
        except ssl.SSLError as error:
            reason = (error.reason or "it broke off").replace("_", " ").lower()
            what, hint = f"gives no secure connection ({reason})", "Check the address."
        except OSError as error:
            reason = (error.strerror or "the connection broke off").lower()
            what, hint = f"cannot be reached ({reason})", "Check the address, or try again later."
        except httpcore.LocalProtocolError:
            what, hint = "cannot be sent these headers", "Leave control characters out of them."
        except httpcore.RemoteProtocolError:
            what = "gave an answer that is broken off, too long in its headers, or not HTTP"
            hint = "Try again later."
        raise OutboundError(address.shown, what, hint)

    def _connected(self, address: WebAddress, deadline: Deadline) -> socket.socket:
        """A connection to the first address that answers, all judged before. Raises AddressError and OSError."""
        self._allowed.check(address)
        found = [address.ip] if address.ip else self._found(address, deadline)
        self._allowed.check(address, found)
        failure: OSError = TimeoutError()
        for place, ip in enumerate(found):
            connection = socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
            try:
                # One that does not answer leaves the others their share of the time.
                connection.settimeout(deadline.left() / (len(found) - place))
                connection.connect((str(ip), address.port))
            except OSError as error:
                connection.close()
                failure = error
            else:
                return connection if address.scheme == "http" else self._secured(connection, address, deadline)
        raise failure

    def _found(self, address: WebAddress, deadline: Deadline) -> list[IP]:
        """The numeric addresses of a name, each once, in the resolver's order."""
        from concurrent.futures import Future
        from threading import Thread

        answer: Future[list[Any]] = Future()

        def ask() -> None:
            try:
                answer.set_result(self._resolve(address.host, address.port, type=socket.SOCK_STREAM))
            except (OSError, ValueError) as error:
                answer.set_exception(error)

        # A resolver cannot be interrupted: its thread is left behind when the time is over.
        Thread(target=ask, name="resolver", daemon=True).start()
        try:
            entries = answer.result(deadline.left())
        except UnicodeError:
            raise socket.gaierror from None
        found = dict.fromkeys(numeric(str(entry[4][0])) for entry in entries)
        ips = [getattr(ip, "ipv4_mapped", None) or ip for ip in found if ip is not None]
        if not ips:
            raise socket.gaierror
        return ips

    def _secured(self, connection: socket.socket, address: WebAddress, deadline: Deadline) -> socket.socket:
        """The connection with TLS on it, the certificate checked for the host's name. Raises ssl.SSLError."""
        try:
            self._context = self._context or _default_context()
            connection.settimeout(deadline.left())
            return self._context.wrap_socket(connection, server_hostname=address.host)
        except BaseException:
            connection.close()
            raise


def _default_context() -> ssl.SSLContext:
    import ssl

    import certifi

    # The system's store has the certificates of an organisation, and is empty in small containers.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _following(current: WebAddress, location: str) -> WebAddress:
    """Where a redirect leads. Raises AddressError when that is nowhere, or from https to http."""
    location = location.strip().replace(" ", "%20")
    try:
        # What names a scheme is judged as it stands: joining would mend it.
        following = read_address(location if _ABSOLUTE.match(location) else urljoin(current.url, location))
    except AddressError as error:
        what = f"redirects in vain: {error.message.removesuffix('.')}"
        raise AddressError(current.shown, what, error.hint) from None
    except ValueError:
        raise AddressError(current.shown, "redirects in vain: the address it leads to is not valid") from None
    if current.scheme == "https" and following.scheme == "http":
        what = f"redirects to {following.shown}, which is not secure"
        raise AddressError(current.shown, what, "Name that address if you trust it.")
    return following


def _successful(response: Response) -> Response:
    """The response when it is one of success. Raises OutboundError."""
    status = response.status
    if 200 <= status < 300:
        return response
    phrase = next((f" ({known.phrase})" for known in HTTPStatus if known == status), "")
    if status < 400:
        cure = "Name the address that it redirects to."
    elif status in (401, 402, 403, 407, 451):
        cure = "It is not open to everyone: save the page as a file and add that."
    else:
        cure = "Try again later." if status >= 500 or status in (408, 425, 429) else "Check the address."
    error = OutboundError(response.address.shown, f"answers {status}{phrase}", cure)
    error.status, error.retry_after = status, response.retry_after
    raise error
