"""Builds the parts from the settings: the only place that names concrete ones. Each is made when it is first used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.bootstrap.library_parts import LibraryParts
from bot.bootstrap.part import part
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.answering.chain import Answerer
    from bot.answering.generation.chat_model import ChatModel
    from bot.answering.support import Judge
    from bot.assistant import Assistant
    from bot.signing import ReadingLinks, Signing
    from bot.storage.claims import Worker
    from bot.storage.conversations import Conversations
    from bot.storage.deliveries import Deliveries
    from bot.storage.feedback import Feedback
    from bot.storage.inbox import Inbox
    from bot.storage.model_usage import ModelUsage
    from bot.storage.named_requests import NamedRequests
    from bot.storage.outbox import Outbox
    from bot.storage.topics import Topics
    from bot.storage.webhook_questions import WebhookQuestions
    from retrieval.net.guard import Outbound
    from retrieval.net.ssrf import AllowedHosts

_DELIVERY_SECONDS = 15.0  # Standard Webhooks recommends 15 to 30


class Footnote(LibraryParts):
    """The parts of one running Footnote on one data folder."""

    def __init__(self, settings: Settings, refuse: bool = True) -> None:
        """`refuse`: whether to say that the text does not say; without, the likeliest words are always quoted."""
        super().__init__(settings)
        self._refuse = refuse

    @part
    def judge(self) -> Judge:
        """What tells whether a quote bears out a sentence."""
        from bot.answering.support import Judge

        return Judge(lambda: self._network)

    @part
    def conversations(self) -> Conversations:
        """What was said."""
        from bot.storage.conversations import Conversations

        return Conversations(self.engine)

    @part
    def named_requests(self) -> NamedRequests:
        """What was sent under a name of its own."""
        from bot.storage.named_requests import NamedRequests

        return NamedRequests(self.engine)

    @part
    def feedback(self) -> Feedback:
        """What people thought of answers."""
        from bot.storage.feedback import Feedback

        return Feedback(self.engine)

    @part
    def chat_model(self) -> ChatModel | None:
        """The chat model that is set, if one is."""
        settings = self.settings
        if not settings.model:
            return None
        from bot.answering.generation.chat_model import ChatModel
        from bot.answering.generation.replay import PROVIDER, Replay

        provider, _, name = settings.model.partition(":")
        if provider == PROVIDER:
            return Replay(Path(name))
        return ChatModel(
            settings.model,
            base_url=settings.model_base_url,
            key=settings.model_key,
            seconds=settings.model_seconds,
            ledger=self.model_usage,
        )

    @part
    def answering_model(self) -> ChatModel | None:
        """The chat model that is asked: the one that is set, unless it was measured and is no better than quoting."""
        if self.chat_model is None:
            return None
        from bot.storage.trust import trust_in

        trust = trust_in(self.engine, self.settings.model, self.settings.model_base_url)
        return self.chat_model if trust is None or trust.earned else None

    def writer(self, language: str) -> str:
        """Who writes the answers, and where questions go, in a line for people; "" where answers are quotes."""
        from prompts import reply

        model = self.answering_model
        return (
            ""
            if model is None
            else reply("model_local" if model.is_local else "model_remote", language, model=model.name)
        )

    @part
    def model_usage(self) -> ModelUsage:
        """What the chat model has cost."""
        from bot.storage.model_usage import ModelUsage

        return ModelUsage(self.engine, self.settings.model_tokens_a_day)

    @part
    def assistant(self) -> Assistant:
        """The one assistant that all interfaces share."""
        from bot.answering.chain import PASSAGES
        from bot.answering.extractive import ExtractiveAnswerer
        from bot.assistant import Assistant, words_in

        quoting = ExtractiveAnswerer(self.comparison, self.others, self._refuse, self.settings.strictness)
        answerer: Answerer = quoting
        passages = PASSAGES
        if (model := self.answering_model) is not None:
            from bot.answering.chain import finding
            from bot.answering.generation import generative
            from bot.answering.generation.orders import Orders
            from bot.answering.generation.translating import TranslatingAnswerer
            from retrieval.library.catalogue import readable_by

            passages = generative.PASSAGES
            find = finding(self.search, passages)
            window = self.settings.model_window
            library = self.library
            writing = generative.GenerativeAnswerer(
                model,
                quoting,
                self.judge,
                Orders(self.comparison),
                window,
                find,
                lambda asker, ids: library.sections(readable_by(asker), ids),
            )
            answerer = TranslatingAnswerer(writing, model, self.judge, words_in(self.library))
        links = self.reading_links
        return Assistant(self.library, self.search, answerer, self.judge, self.conversations, links, passages)

    @part
    def signing(self) -> Signing:
        """What signs sessions and links of browsers."""
        from bot.signing import Signing

        return Signing(self.engine)

    @property
    def reading_links(self) -> ReadingLinks | None:
        """What makes links to the words of citations; None where the settings make none."""
        from time import time

        from bot.signing import ReadingLinks

        address, days = self.settings.public_url, self.settings.link_days
        return ReadingLinks(self.signing, address, days, time) if address and days else None

    def close(self) -> None:
        """Let go of the rows that this process holds, and of the files."""
        if "worker" in self.__dict__:
            self.worker.close()
        super().close()

    @part
    def worker(self) -> Worker:
        """This process among those that share the database."""
        from bot.storage.claims import Worker

        return Worker(self.engine)

    @part
    def webhook_questions(self) -> WebhookQuestions:
        """The questions that came by webhook."""
        from bot.storage.webhook_questions import WebhookQuestions

        return WebhookQuestions(self.engine, self.worker, self.deliveries)

    @part
    def deliveries(self) -> Deliveries:
        """Their answers on the way to reply URLs."""
        from bot.storage.deliveries import Deliveries

        return Deliveries(self.engine, self.worker)

    @part
    def inbox(self) -> Inbox:
        """What came from chats."""
        from bot.storage.inbox import Inbox

        return Inbox(self.engine, self.outbox)

    @part
    def outbox(self) -> Outbox:
        """What is to be said in chats."""
        from bot.storage.outbox import Outbox

        return Outbox(self.engine)

    @part
    def topics(self) -> Topics:
        """What chats are about."""
        from bot.storage.topics import Topics

        return Topics(self.engine)

    @part
    def reply_urls(self) -> Outbound:
        """The guard of what is sent to reply URLs; a receiver that hangs keeps others waiting."""
        from retrieval.net.guard import Outbound

        return Outbound(self.allowed_replies, seconds=_DELIVERY_SECONDS)

    @property
    def allowed_replies(self) -> AllowedHosts:
        """What replies may be sent to although it is not public."""
        from retrieval.net.ssrf import AllowedHosts

        return AllowedHosts.parse(self.settings.outbound_allowed, "FOOTNOTE_OUTBOUND_ALLOWED")
