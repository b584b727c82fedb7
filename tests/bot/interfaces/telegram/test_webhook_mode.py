"""Updates by webhook: `footnote serve` takes them, and `footnote telegram` handles them."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from bot_api import BotApi
from server import Server
from telegram_process import Starter, TelegramProcess

from bot.interfaces.telegram.api.receiving import secret_of
from tests.conftest import Opener

pytestmark = pytest.mark.usefixtures("without_reader")

QUESTION = "Who is China's foreign ministry spokesperson?"
SECRET = "X-Telegram-Bot-Api-Secret-Token"
KEYS = {"FOOTNOTE_API_KEYS": "ann:open-sesame-sesame"}


@pytest.fixture
def server(tmp_path: Path, topology: str, api: BotApi) -> Iterator[Server]:
    """`footnote serve` with the bot's token, and with keys, which Telegram has none of."""
    found = Server(tmp_path / "data", FOOTNOTE_TELEGRAM_TOKEN=api.token, **KEYS).ready()
    yield found
    found.stop()


def post(server: Server, update: Any, secret: bytes | None = None) -> httpx.Response:
    """An update as Telegram would send it, or a body as it stands, with this secret."""
    headers = {} if secret is None else {SECRET.encode(): secret}
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    return httpx.post(f"{server.url}/webhooks/telegram", headers=headers, content=body, timeout=60)


def question(api: BotApi, number: int, text: str = QUESTION) -> dict[str, Any]:
    """An update in which a person asks."""
    anna = next(iter(api.users.values()), None) or api.user("Anna")
    chat = api.private(anna)
    chat.started = True
    message = {"message_id": number, "date": 0, "chat": chat.shown(), "from": anna.shown(), "text": text}
    return {"update_id": number, "message": message}


def test_what_the_server_refuses(server: Server, api: BotApi, open_footnote: Opener) -> None:
    """A missing, a wrong or an impossible secret is 401, whatever else is sent; the right one goes without a key.

    With it, what is no JSON is 400, and what is no update 422; neither is kept, and none stops the server.
    """
    secret = secret_of(api.token).encode()
    for wrong in (None, b"", b"wrong", secret[:-1], secret + b"0", secret.upper(), b"\xff\xfe\x80", "é".encode()):
        for body in (question(api, 1), b"no JSON"):
            response = post(server, body, wrong)
            assert response.status_code == 401, wrong
            assert response.headers["content-type"] == "application/problem+json"
            assert secret.decode() not in response.text
    for body in (b"", b"no JSON", b'{"update_id": NaN}', b"\xff", b"[" * 100_000):
        assert post(server, body, secret).status_code == 400, body[:20]
    for update in ([], {}, 1, None, "x", *({"update_id": one} for one in (-1, True, "1", 1.5, None, 2**53))):
        assert post(server, update, secret).status_code == 422, update
    assert open_footnote().inbox.chats() == set()
    assert post(server, question(api, 1), secret).status_code == 200
    assert api.token not in server.log.read_text("utf-8")
    assert secret.decode() not in server.log.read_text("utf-8")


def test_a_server_without_a_token(tmp_path: Path, api: BotApi) -> None:
    """It has no bot: 404."""
    server = Server(tmp_path / "data").ready()
    try:
        response = post(server, question(api, 1), secret_of(api.token).encode())
        assert response.status_code == 404
        assert "FOOTNOTE_TELEGRAM_TOKEN" in response.json()["detail"]
    finally:
        server.stop()


@pytest.mark.both_topologies(servers="long")
def test_updates_by_webhook(telegram: Starter, server: Server, api: BotApi, open_footnote: Opener) -> None:
    """Telegram calls the server, the bot answers: messages, buttons and files, each update taken with one call.

    What has an id is kept and done with, whatever it holds, and the chat goes on with what comes after it. An update
    is acknowledged as often as it comes, also at once and later, and answered once.
    """
    bot = telegram(FOOTNOTE_PUBLIC_URL=server.url).ready()
    assert bot.logged()[-1]["by"] == "webhook"
    anna, chat = api.meet("Anna")
    answer = chat.ask(anna, QUESTION)
    assert "Mao Ning" in answer.text
    chat.press(anna, answer, "1")
    chat.attach(anna, "ferry.txt", b"The ferry sank in a storm.", mime="text/plain", caption="Where did it sink?")
    chat.wait(4)
    assert [status for _, status in api.webhook_calls] == [200] * 3
    assert not api.polling

    secret = secret_of(api.token).encode()
    strange: list[Any] = [
        {"update_id": 2**53 - 1},
        {"update_id": 2.0, "poll": {"id": "1"}},
        {"update_id": 3, "message": "text"},
        {"update_id": 4, "message": {"chat": {"id": "five"}}},
        {"update_id": 5, "message": {"chat": {"id": 2**70}}},
        {"update_id": 6, "callback_query": {"message": None}},
        {"update_id": 7, "message": {"chat": {"id": 1}, "text": "no date"}},
        question(api, 1_000_008, "nothing \x00 and half \ud800 a pair"),
    ]
    statuses = [post(server, update, secret).status_code for update in strange]
    replayed = question(api, 1_000_009)
    with ThreadPoolExecutor(8) as pool:
        statuses += pool.map(lambda _: post(server, replayed, secret).status_code, range(8))
    assert "Mao Ning" in chat.wait(6)[5].text
    statuses.append(post(server, replayed, secret).status_code)
    statuses.append(post(server, question(api, 1_000_010, "/help"), secret).status_code)
    chat.wait(7)
    api.until(lambda: open_footnote().inbox.chats() == set())
    assert bot.stop() == 0
    assert statuses == [200] * (len(strange) + 10)
    assert len(api.sent) == 7


def test_an_update_is_a_row_before_it_is_acknowledged(
    server: Server, api: BotApi, tmp_path: Path, topology: str, open_footnote: Opener
) -> None:
    """While the database takes nothing there is no acknowledgement; with it, the row is there, yet to be handled."""
    if topology != "files":
        pytest.skip("the test holds the lock of a database file")
    secret = secret_of(api.token).encode()
    footnote = open_footnote()
    update = question(api, 1)
    (chat,) = api.chats
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(post(server, update, secret).status_code))
    (file,) = [path for path in (tmp_path / "data").glob("*") if path.suffix in (".db", ".sqlite", ".sqlite3")]
    with sqlite3.connect(file, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        thread.start()
        time.sleep(1)
        assert answers == []
        connection.execute("ROLLBACK")
    connection.close()
    thread.join()
    assert answers == [200]
    assert [one.id for one in footnote.inbox.waiting(chat)] == [1]


@pytest.mark.long
def test_from_webhook_to_polling_and_back(telegram: Starter, server: Server, api: BotApi) -> None:
    """Asked all the time, also while no bot runs: each question is answered once, in order."""
    anna, chat = api.meet("Anna")
    asked = 0
    for mode in ("webhook", "polling", "webhook", "polling"):
        settings = {"FOOTNOTE_PUBLIC_URL": server.url} if mode == "webhook" else {}
        bot = telegram(**settings)
        for _ in range(3):
            chat.say(anna, "/help" if asked % 2 else QUESTION)
            asked += 1
            time.sleep(0.3)
        bot.ready()
        assert bot.stop() == 0
        chat.say(anna, "/help" if asked % 2 else QUESTION)
        asked += 1
    telegram().ready()
    said = chat.wait(asked)
    assert ["Mao Ning" in message.text for message in said] == [number % 2 == 0 for number in range(asked)]
    assert len(api.sent) == asked


@pytest.mark.long
def test_an_address_that_telegram_does_not_call(tmp_path: Path, api: BotApi) -> None:
    """The start ends with one line that says what Telegram wants."""
    bot = TelegramProcess(tmp_path / "data", api, FOOTNOTE_PUBLIC_URL="http://footnote.example")
    assert bot.ended() == 1
    said = bot.log.read_text("utf-8")
    assert "Telegram does not call http://footnote.example (an https url must be provided for webhook)" in said
    assert "Check FOOTNOTE_PUBLIC_URL." in said
    assert "Traceback" not in said
