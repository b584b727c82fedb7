"""To come."""

from __future__ import annotations


class ChatKills:
    """To come."""
