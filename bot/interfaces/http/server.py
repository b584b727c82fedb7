"""`footnote serve`: where the server listens, and how it ends."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from typing import NoReturn

import structlog
import uvicorn

from bot.bootstrap import Footnote
from bot.interfaces.http.application import create_app
from bot.interfaces.http.limits import BoundedConnection, allow_many
from bot.interfaces.logs import set_up_logs
from bot.settings import Settings, SettingsError

_PATIENCE = 30  # seconds that running requests have when the server is to end
_WAITING = 1024  # connections that the system holds until they are taken


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; then take nothing new, and finish what is running.

    Raises SettingsError when it may not listen at `host`, or cannot.
    """
    if not settings.api_keys and not _is_loopback(host):
        raise SettingsError(
            f"Without keys, only this machine is served: {host} would let everyone in. Set FOOTNOTE_API_KEYS "
            "(name:secret), or leave --host at 127.0.0.1."
        )
    set_up_logs(settings.log_level)
    signal.signal(signal.SIGTERM, _end)
    allow_many()
    listening = _listen(host, port)
    config = uvicorn.Config(
        create_app(Footnote(settings)),
        http=BoundedConnection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_PATIENCE,
        backlog=_WAITING,
    )
    structlog.get_logger("footnote.server").info("listening", host=host, port=listening.getsockname()[1])
    uvicorn.Server(config).run(sockets=[listening])


def _end(_signal: int, _frame: object) -> NoReturn:
    """Being asked to end is no failure; uvicorn raises the signal again once it has finished what was running."""
    sys.exit(0)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, UnicodeError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "no such address"
        raise SettingsError(f"Cannot listen at {host}:{port} ({why}). Name another --host or --port.") from error
    return listening
