"""People who ask the bot questions while it is killed, and what is to become of each question."""

from __future__ import annotations

import random
import time
from collections import Counter

import sqlalchemy as sa
from bot_api import BotApi
from bot_api_chats import Chat
from facts import DOCUMENT, FACTS, told

from bot.bootstrap import Footnote
from retrieval.store.database import reading
from retrieval.store.tables import chat_messages, chat_updates


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
        self._so_far: Counter[int] = Counter()
        self._seen = 0
        self._unnoted: Counter[tuple[int, str]] = Counter()

    @property
    def chats(self) -> list[Chat]:
        """The private chats of all."""
        return [self._api.private(person) for person in self._people]

    @property
    def asked(self) -> int:
        """How many questions were asked so far."""
        return self._so_far.total()

    def ask(self, count: int) -> None:
        """Have the next so many questions asked."""
        for person, question in self._left[:count]:
            self._so_far[person.id] += 1
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
        """Have the rest asked, and wait until all is answered."""
        self.ask(len(self._left))
        self.settled()

    def settled(self) -> None:
        """Wait until what was asked so far is answered, and nothing more is to be done."""

        def done() -> bool:
            return not self._footnote.inbox.chats() and self._handled() == self.asked

        self._api.until(done)

    def _handled(self) -> int:
        with reading(self._footnote.engine) as connection:
            return connection.execute(sa.select(sa.func.count()).where(chat_updates.c.state == "handled")).scalar_one()

    def check(self) -> int:
        """That each question was answered, in order, and that only what could not be noted came twice; how much."""
        self.died()  # what arrived late from one that was killed
        repeated: Counter[tuple[int, str]] = Counter()
        for chat in self.chats:
            asked, at, last = self._asked[chat.id][: self._so_far[chat.id]], 0, ""
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
        assert len(self._api.sent) == self.asked + repeated.total()
        assert self._api.duplicates() == {key: 1 + times for key, times in repeated.items()}
        return repeated.total()
