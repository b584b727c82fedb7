"""How the bot gets its updates: by asking (getUpdates) or by being called (a webhook).

Knows nothing of what an update tells. Sources: https://core.telegram.org/bots/api#getting-updates and
tdlib/telegram-bot-api, Client.cpp (`do_get_updates`, `abort_long_poll`) and WebhookActor.cpp. Unlike Telegram it
calls a webhook with one update at a time, waits tenths of a second between tries, and calls loopback without TLS, as a
Bot API server with --local does.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from bot_api_chats import Json, World
from bot_api_methods import Parameters
from bot_api_text import Refused, bad

LONGEST_POLL = 50  # seconds
MOST_UPDATES = 100
LOOK = 0.1  # seconds between two looks whether the client is still there
CALL_PATIENCE = 60  # seconds that a webhook may take
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds between two tries
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class Updates:
    """The queue's two ends for the bot; `calls` lists the webhook's calls: update id and status, 0 for no answer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls: list[tuple[int, int]] = []
        self.closed = False
        self.poll: object | None = None  # the request that waits for updates
        self._url = self._secret = self._error = ""

    def getupdates(self, parameters: Parameters, connected: Callable[[], bool]) -> list[Json]:
        """The updates from an offset on; those before it are acknowledged and gone.

        The newer of two pollers gets them, the older one a 409. What is not acknowledged is given again.
        """
        world, offset = self.world, parameters.number("offset")
        end = time.monotonic() + min(parameters.number("timeout"), LONGEST_POLL)
        with world.changed:
            if self._url:
                raise Refused(409, WEBHOOK_ACTIVE)
            self._allow(parameters)
            world.updates[:] = [update for update in world.updates if update["update_id"] >= offset]
            self.poll = poll = object()
            world.changed.notify_all()
            while not world.waiting() and time.monotonic() < end and not self.closed and connected():
                world.changed.wait(LOOK)
                if self.poll is not poll:  # the answer to a client that is gone is nobody's fault
                    why = "Conflict: terminated by setWebhook request" if self._url else CONFLICT
                    raise Refused(409, why, asked=not connected())
            self.poll = None
            return list(world.waiting()[:MOST_UPDATES])

    def setwebhook(self, parameters: Parameters) -> bool:
        """From now on updates go to this address; without one, they wait again."""
        url = urlsplit(parameters.text("url"))
        if url.scheme == "http" and url.hostname != "127.0.0.1":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        with self.world.changed:
            self._allow(parameters)
            self._url, self._secret, self._error = parameters.text("url"), parameters.text("secret_token"), ""
            self.poll = None
            self.world.changed.notify_all()
        return True

    def deletewebhook(self, _parameters: Parameters) -> bool:
        """Updates wait for getUpdates again."""
        return self.setwebhook(Parameters())

    def getwebhookinfo(self, _parameters: Parameters) -> Json:
        """As `WebhookInfo`."""
        waiting = len(self.world.updates)
        info: Json = {"url": self._url, "has_custom_certificate": False, "pending_update_count": waiting}
        return info | ({"last_error_message": self._error} if self._error else {})

    def call_webhook(self) -> None:
        """Call the webhook with each update in turn, again until it is taken; ends when `closed`."""
        pause = FIRST_PAUSE
        with httpx.Client(timeout=CALL_PATIENCE) as client:
            while (call := self._next_call()) is not None:
                url, secret, update = call
                status = self._call(client, url, secret, update)
                with self.world.changed:
                    self.calls.append((update["update_id"], status))
                    if 200 <= status < 300:
                        pause = FIRST_PAUSE
                        if update in self.world.updates:
                            self.world.updates.remove(update)
                        self.world.changed.notify_all()
                        continue
                    self._error = f"Wrong response from the webhook: {status}" if status else "Connection refused"
                    self.world.changed.wait_for(lambda: self.closed, pause)
                    pause = min(2 * pause, LONGEST_PAUSE)

    def close(self) -> None:
        """End every wait."""
        with self.world.changed:
            self.closed = True
            self.world.changed.notify_all()

    def _next_call(self) -> tuple[str, str, Json] | None:
        world = self.world
        with world.changed:
            world.changed.wait_for(lambda: self.closed or (self._url and world.waiting()))
            return None if self.closed else (self._url, self._secret, world.waiting()[0])

    def _call(self, client: httpx.Client, url: str, secret: str, update: Json) -> int:
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
        try:
            return client.post(url, content=json.dumps(update), headers=headers).status_code
        except httpx.HTTPError:
            return 0

    def _allow(self, parameters: Parameters) -> None:
        """Which kinds of updates are kept from now on: not asked again, the last answer holds."""
        kinds = parameters.json("allowed_updates")
        self.world.allowed_updates = self.world.allowed_updates if kinds is None else kinds
