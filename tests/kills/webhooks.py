"""To come."""

from __future__ import annotations


class WebhookKills:
    """To come."""
