"""How the bot gets its updates: by asking (getUpdates) or by being called (a webhook).

Knows nothing of what an update tells. Sources: https://core.telegram.org/bots/api#getting-updates and
tdlib/telegram-bot-api, Client.cpp (`do_get_updates`, `abort_long_poll`) and WebhookActor.cpp. Unlike Telegram it
calls a webhook with one update at a time, whatever max_connections says, and waits tenths of a second between tries.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import bot_api_rules as rules
import httpx
from bot_api_rules import Parameters
from bot_api_state import Json
from bot_api_text import Refused
from bot_api_world import World

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
        self._poll: object | None = None
        self._url = self._secret = self._error = ""
        self._failed_at = 0

    @property
    def polling(self) -> bool:
        """Whether somebody waits for updates."""
        return self._poll is not None

    def getupdates(self, parameters: Parameters, connected: Callable[[], bool]) -> list[Json]:
        """The updates from an offset on; those before it are acknowledged and gone.

        The newer of two pollers gets them, the older one a 409. What is not acknowledged is given again.
        """
        world = self.world
        offset, limit = parameters.number("offset"), parameters.number("limit", MOST_UPDATES)
        end = time.monotonic() + min(max(parameters.number("timeout"), 0), LONGEST_POLL)
        with world.changed:
            if self._url:
                raise Refused(409, WEBHOOK_ACTIVE)
            self._allow(parameters)
            if offset < 0:
                offset = world.updates[max(offset, -len(world.updates))]["update_id"] if world.updates else 0
            world.updates[:] = [update for update in world.updates if update["update_id"] >= offset]
            self._poll = poll = object()
            world.changed.notify_all()
            while not world.waiting() and time.monotonic() < end and not self.closed and connected():
                world.changed.wait(LOOK)
                if self._poll is not poll:
                    refused = Refused(409, "Conflict: terminated by setWebhook request" if self._url else CONFLICT)
                    refused.asked = not connected()  # the answer to a client that is gone is nobody's fault
                    raise refused
            self._poll = None
            return list(world.waiting()[: min(max(limit, 1), MOST_UPDATES)])

    def setwebhook(self, parameters: Parameters) -> bool:
        """From now on updates go to this address; without one, they wait again."""
        url, secret = parameters.text("url"), parameters.text("secret_token")
        if url:
            rules.check_webhook(url, secret)
        with self.world.changed:
            self._allow(parameters)
            if parameters.flag("drop_pending_updates"):
                self.world.updates.clear()
            self._url, self._secret, self._error, self._failed_at = url, secret, "", 0
            self._poll = None
            self.world.changed.notify_all()
        return True

    def deletewebhook(self, parameters: Parameters) -> bool:
        """Updates wait for getUpdates again."""
        return self.setwebhook(Parameters(drop_pending_updates=parameters.text("drop_pending_updates")))

    def getwebhookinfo(self, _parameters: Parameters) -> Json:
        """As `WebhookInfo`."""
        info: Json = {
            "url": self._url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.world.updates),
        }
        info |= {"allowed_updates": self.world.allowed_updates} if self.world.allowed_updates else {}
        return info | ({"last_error_date": self._failed_at, "last_error_message": self._error} if self._error else {})

    def call_webhook(self) -> None:
        """Call the webhook with each update in turn, again until it is taken; ends when `closed`."""
        pause = FIRST_PAUSE
        with httpx.Client(timeout=CALL_PATIENCE, verify=False) as client:
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
                    self._failed_at = int(time.time())
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
        headers = {"Content-Type": "application/json"}
        headers |= {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        try:
            return client.post(url, content=json.dumps(update), headers=headers).status_code
        except httpx.HTTPError:
            return 0

    def _allow(self, parameters: Parameters) -> None:
        """Which kinds of updates are kept from now on: not asked again, the last answer holds; none means the usual."""
        kinds = parameters.json("allowed_updates", list, "allowed updates")
        if kinds is not None:
            self.world.allowed_updates = [str(kind) for kind in kinds]
