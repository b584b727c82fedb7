"""How the bot tells how it is: at a port of its own, ready only when it can answer, and with what waits counted."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from bot_api import BotApi
from patience import CEILING, wait_until
from telegram_process import Starter, TelegramProcess

from bot.bootstrap import Footnote
from bot.interfaces.listening import listen
from bot.interfaces.telegram.health import Health
from tests.conftest import Clock, Opener

pytestmark = pytest.mark.usefixtures("without_reader")

QUESTION = "Who is China's foreign ministry spokesperson?"
COMPOSE = yaml.safe_load((Path(__file__).parents[4] / "docker-compose.yml").read_text("utf-8"))


def get(bot: TelegramProcess, path: str) -> httpx.Response:
    return httpx.get(f"{bot.url}{path}", timeout=CEILING)


def metric(bot: TelegramProcess, name: str) -> float | None:
    """The value of a metric, None where it is not shown; `name` is its name with the labels."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", get(bot, "/metrics").text, re.MULTILINE)
    return None if found is None else float(found[1])


def healthy(bot: TelegramProcess) -> bool:
    """Whether the health check of the compose file passes, at the port that the bot has here."""
    program, *arguments = COMPOSE["services"]["telegram"]["healthcheck"]["test"][1:]
    assert program == "python"
    port = str(urlsplit(bot.url).port)
    check = [sys.executable, *(one.replace("8000", port) for one in arguments)]
    return subprocess.run(check, capture_output=True, timeout=CEILING).returncode == 0


def test_it_is_ready_once_telegram_knows_it(telegram: Starter, api: BotApi) -> None:
    """Alive from the start; ready, for the health check of the compose file too, once Telegram can be reached."""
    api.fail(1_000_000, "getMe")
    bot = telegram()
    assert get(bot, "/healthz").json() == {"status": "ok"}
    refused = get(bot, "/readyz")
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["type"] == "/problems/not-ready"
    assert not healthy(bot)
    api.mend()
    bot.ready()
    assert get(bot, "/readyz").json() == {"status": "ok"}
    assert healthy(bot)
    assert bot.stop() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{bot.url}/healthz")


@pytest.mark.both_topologies(servers="long")
def test_what_waits_and_what_was_answered_is_counted(telegram: Starter, api: BotApi) -> None:
    """While Telegram takes no message, one waits and its chat is busy; then none does, and the answer is counted. No
    word and no name is told.
    """
    bot = telegram().ready()
    anna, chat = api.meet("Anna")
    chat.ask(anna, "/help")
    assert (metric(bot, "footnote_inbox_waiting"), metric(bot, "footnote_outbox_waiting")) == (0, 0)
    assert (metric(bot, "footnote_telegram_polled_timestamp_seconds") or 0) > 1e9
    api.fail(1_000_000, "sendMessage")
    chat.say(anna, QUESTION)
    wait_until(lambda: metric(bot, "footnote_outbox_waiting") == 1, bot.process)
    assert metric(bot, "footnote_chats_busy") == 1
    chat.say(anna, "Thank you!")
    wait_until(lambda: metric(bot, "footnote_inbox_waiting") == 1, bot.process)
    api.mend()
    chat.wait(len(chat.received) + 2)
    wait_until(lambda: metric(bot, "footnote_chats_busy") == 0, bot.process)
    assert (metric(bot, "footnote_inbox_waiting"), metric(bot, "footnote_outbox_waiting")) == (0, 0)
    assert metric(bot, 'footnote_answers_total{interface="telegram",status="answered"}') == 1
    told = get(bot, "/metrics").text
    assert not [word for word in ("Anna", str(chat.id), "Mao", api.token.split(":")[1]) if word in told]


def test_it_is_not_ready_without_its_library(telegram: Starter, api: BotApi, open_footnote: Opener) -> None:
    """When what all processes know of the vectors is gone, it is alive and says at /readyz that it cannot answer."""
    bot = telegram().ready()
    with open_footnote().engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE library_state RENAME TO gone")
    refused = get(bot, "/readyz")
    assert refused.status_code == 503
    assert refused.json()["detail"] == "The database or the vectors cannot be reached. The log says why."
    assert not healthy(bot)
    assert get(bot, "/healthz").status_code == 200


@pytest.mark.parametrize(("polling", "status"), [(True, 503), (False, 200)])
def test_it_is_not_ready_when_telegram_is_silent(polling: bool, status: int, footnote: Footnote, clock: Clock) -> None:
    """A poll that has had no answer for two minutes is told, until it has one; with a webhook there is no poll."""

    async def asked() -> list[int]:
        health = Health(footnote, polling=polling, clock=clock)
        listening, found = listen("127.0.0.1", 0), list[int]()
        async with health.served(listening), httpx.AsyncClient(timeout=CEILING) as client:
            ready = f"http://127.0.0.1:{listening.getsockname()[1]}/readyz"
            health.ready(Mock(busy=0))
            for pause, polled in ((119, False), (2, False), (0, True)):
                clock.at += pause
                if polled:
                    health.polled()
                found.append((await client.get(ready)).status_code)
        return found

    assert asyncio.run(asked()) == [200, status, 200]


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path, api: BotApi) -> None:
    """The start ends with 1 and a line that says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        bot = TelegramProcess(tmp_path / "data", api, port=other.getsockname()[1])
        assert bot.ended() == 1
    (line,) = [one for one in bot.log.read_text("utf-8").splitlines() if not one.startswith("{")]
    assert "Cannot listen at 127.0.0.1" in line and "Name another --host or --port" in line
