"""`kill -9` at any instant: every question is answered, in the order of its chat, and hardly ever twice.

Twice is sent only what the process dies over between Telegram's acceptance and the note of it in the database: what
may be sent again is told after each death from both, and must be exactly what is.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from bot_api import BotApi
from server import Server
from talk import Talk
from telegram_process import Starter

from tests.conftest import Opener

pytestmark = pytest.mark.usefixtures("without_reader")

RUNS = [(8, 4), pytest.param(20, 50, marks=pytest.mark.long)]
"""How many chats, with fifteen questions each, and kills."""


@pytest.mark.both_topologies(servers="long")
@pytest.mark.parametrize(("chats", "kills"), RUNS)
@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_killed_at_random_instants(
    mode: str, chats: int, kills: int, tmp_path: Path, telegram: Starter, api: BotApi, open_footnote: Opener
) -> None:
    """Questions come in many chats while the bot is killed and started again: none is lost, and none overtakes another.

    The same when updates come by webhook, and the server that takes them is killed, too.
    """
    talk = Talk(api, open_footnote(), chats)
    with ExitStack() as stack:
        server, settings = None, {}
        if mode == "webhook":
            server = Server(tmp_path / "data", FOOTNOTE_TELEGRAM_TOKEN=api.token)
            stack.callback(server.stop)
            settings["FOOTNOTE_PUBLIC_URL"] = server.ready().url
        bot = telegram(**settings).ready()
        for kill in range(kills):
            talk.ask(talk.questions // kills)
            time.sleep(random.uniform(0, 1))
            if server is not None and kill % 2:
                server.kill()
                server.restart()
                continue
            bot.kill()
            talk.died()
            bot.restart()
            if random.random() < 0.8 or kill == kills - 1:  # else it may be killed once more while it starts
                bot.ready()
        talk.finished()
        assert bot.stop() == 0
    print(f"{kills} kills with {mode}: {talk.check()} of {talk.questions} answers came twice")
