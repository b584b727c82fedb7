"""Where a process listens: a socket at an address, or one line that says why there is none."""

from __future__ import annotations

import socket

from bot.settings import SettingsError

_WAITING = 1024  # connections that the system holds until they are taken


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` and `port`; port 0 takes any that is free. Raises SettingsError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_WAITING)
    except (OSError, UnicodeError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "no such address"
        raise SettingsError(f"Cannot listen at {host}:{port} ({why}). Name another --host or --port.") from error
    return listening
