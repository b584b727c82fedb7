"""`kill -9` at any instant: every question is answered, in the order of its chat, and hardly ever twice.

Twice is sent only what the process dies over between Telegram's acceptance and the note of it in the database: what
may be sent again is told after each death from both, and must be exactly what is.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from bot_api import BotApi
from bot_api_chats import Chat
from facts import DOCUMENT, FACTS, told
from server import Server
from telegram_process import Starter

from bot.bootstrap import Footnote
from retrieval.store.database import reading
from retrieval.store.tables import chat_messages, chat_updates
from tests.conftest import Opener

pytestmark = pytest.mark.usefixtures("without_reader")

RUNS = [(8, 4), pytest.param(20, 50, marks=pytest.mark.long)]
"""How many chats, with fifteen questions each, and kills."""


class Talk:
    """Fifteen questions of each of some people, in an order of their own, and what became of them."""

    def __init__(self, api: BotApi, footnote: Footnote, chats: int) -> None:
        footnote.library.add(DOCUMENT)
        self._api, self._footnote = api, footnote
        self._people = [api.user(f"Person {number}") for number in range(chats)]
        self._asked = {person.id: random.sample(list(FACTS), len(FACTS)) for person in self._people}
        turns = {person.id: iter(self._asked[person.id]) for person in self._people}
        self.questions = chats * len(FACTS)
        everyone = [person for person in self._people for _ in FACTS]
        self._left = [(person, next(turns[person.id])) for person in random.sample(everyone, len(everyone))]
        self._seen = 0
        self._unnoted: Counter[tuple[int, str]] = Counter()

    @property
    def chats(self) -> list[Chat]:
        """The private chats of all."""
        return [self._api.private(person) for person in self._people]

    def ask(self, count: int) -> None:
        """Have the next so many questions asked."""
        for person, question in self._left[:count]:
            self._api.private(person).say(person, question)
        del self._left[:count]

    def died(self) -> None:
        """The bot was killed: find out what Telegram has accepted of it that it could not note."""
        time.sleep(0.2)  # what was on its way arrives
        with reading(self._footnote.engine) as connection:
            noted = connection.execute(sa.select(chat_messages.c.chat, chat_messages.c.message_id))
            known = {(chat, message) for chat, message in noted}
        accepted = [one for one in self._api.log if one.method == "sendmessage" and one.code == 200]
        unnoted = [
            (one.result["chat"]["id"], one.result["text"])
            for one in accepted[self._seen :]
            if (one.result["chat"]["id"], one.result["message_id"]) not in known
        ]
        assert len({chat for chat, _ in unnoted}) == len(unnoted), "one at a time in a chat"
        self._seen = len(accepted)
        self._unnoted.update(unnoted)

    def finished(self) -> None:
        """Wait until all is answered, and nothing more is to be done."""
        self.ask(len(self._left))

        def done() -> bool:
            return not self._footnote.inbox.chats() and self._handled() == self.questions

        self._api.until(done)

    def _handled(self) -> int:
        with reading(self._footnote.engine) as connection:
            return connection.execute(sa.select(sa.func.count()).where(chat_updates.c.state == "handled")).scalar_one()

    def check(self) -> int:
        """That each question was answered, in order, and that only what could not be noted came twice; how much."""
        self.died()  # what arrived late from one that was killed
        repeated: Counter[tuple[int, str]] = Counter()
        for chat in self.chats:
            asked, at, last = self._asked[chat.id], 0, ""
            for message in chat.received:
                if message.text == last:
                    repeated[chat.id, message.text] += 1
                    continue
                assert told(message.text) == asked[at]
                at, last = at + 1, message.text
            assert at == len(asked)
            turns = self._footnote.conversations.recall(f"chat:{chat.id}", "0.1", None)
            assert [turn.question for turn in turns] == asked
        assert repeated == self._unnoted
        assert len(self._api.sent) == self.questions + repeated.total()
        assert self._api.duplicates() == {key: 1 + times for key, times in repeated.items()}
        return repeated.total()


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
