"""What the requests to one server share."""

from __future__ import annotations

import os
from typing import Annotated

from fastapi import Depends, Request

from bot.auth import Keys, Secrets
from bot.bootstrap import Footnote
from bot.interfaces.fair_share import FairShare
from bot.interfaces.http.ending import Ending
from bot.interfaces.http.observability import Metrics
from bot.interfaces.http.readiness import Readiness
from bot.interfaces.http.unsigned_bodies import UnsignedBodies
from bot.interfaces.http.upload_room import UploadRoom
from bot.interfaces.http.worker_threads import WorkerPool
from bot.interfaces.monitoring import Backlog, model_gauges
from bot.interfaces.rate_limit import RateLimit
from bot.storage.backlog import webhook_backlog

_QUESTIONS_WAITING = 256
_DOCUMENTS, _DOCUMENTS_EACH = 64, 8  # that are read or wait for it: of all, and of one asker
_HEAVY_AT_ONCE = 4  # a document may take the memory of its size many times over
_WAITING = {
    "footnote_webhook_questions_waiting": "Questions with a reply URL that have no answer yet.",
    "footnote_deliveries_waiting": "Answers to be sent to reply URLs, those between two attempts included.",
    "footnote_deliveries_failed": "Answers that could not be sent to reply URLs, of the last 30 days.",
}
"""What waits, in the order of WebhookBacklog."""


class Service:
    """The parts of Footnote with what bounds and counts their use."""

    def __init__(self, bot: Footnote) -> None:
        settings = bot.settings
        self.bot = bot
        self.keys = Keys.parse(settings.api_keys)
        self.secrets = Secrets.parse(settings.webhook_secrets)
        self.origins = [one.strip() for one in settings.cors_origins.split(",") if one.strip()]
        self.rate = RateLimit(settings.requests_a_minute)
        self.turns = WorkerPool(max(2, os.cpu_count() or 2), _QUESTIONS_WAITING, "turn")
        self.documents = WorkerPool(_DOCUMENTS, 0, "document", _DOCUMENTS_EACH)
        self.heavy = FairShare(_HEAVY_AT_ONCE)
        self.uploads = UploadRoom()
        self.ending = Ending()
        self.readiness = Readiness(bot)
        self.unsigned_bodies = UnsignedBodies()
        self.metrics = Metrics(self.turns, self.documents)
        # A look at what waits must not be what opens the database.
        self.metrics.add(Backlog(_WAITING, lambda: webhook_backlog(bot.engine) if bot.is_open else ()))
        self.metrics.add(model_gauges(bot))

    def close(self) -> None:
        """Wait for what is running, and let go of the library."""
        self.turns.close()
        self.documents.close()
        self.bot.close()


async def service(request: Request) -> Service:  # a plain function would cost each request a thread
    """The service of the server that `request` came to."""
    found: Service = request.app.state.service
    return found


Serving = Annotated[Service, Depends(service)]
