"""Answers the questions of a chat, each in the conversation of its topic."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answers import Answer, Answered, Exchange, Searching, Text, Turn, exchange_of
from bot.assistant import LONGEST_QUESTION
from bot.interfaces.telegram.api.updates import RepliedMessage
from bot.interfaces.telegram.chat_context import ChatContext
from bot.interfaces.telegram.messages.markup import formatted
from bot.interfaces.telegram.messages.rendering import answer_messages, messages
from bot.storage.outbox import OutgoingMessage, ShownTurn
from prompts import words

_RECALLED = 10  # turns


def ask(
    context: ChatContext,
    question: str,
    replied: RepliedMessage | None = None,
    documents: Sequence[str] = (),
    *,
    shown: bool = False,
) -> list[OutgoingMessage]:
    """The answer to a question, which is remembered; with `shown`, the question stands before it.

    Raises AbortedError once it is stopped.
    """
    if not question.strip():
        return context.say_notice("question_empty")
    if len(question) > LONGEST_QUESTION:
        return context.say_notice("question_too_long", most=f"{LONGEST_QUESTION:,}")
    if not context.entries():
        return context.say_notice("no_documents")
    answer = _answer(context, question, replied, documents)
    assert answer.turn is not None
    before = messages(formatted("italic", question)) if shown else []
    said = [*before, *answer_messages(answer, context.language)]
    return context.say(said, ShownTurn(context.conversation, answer.turn))


def _answer(context: ChatContext, question: str, replied: RepliedMessage | None, documents: Sequence[str]) -> Answer:
    chosen = context.topic.document
    if not documents and chosen is not None and context.entry(chosen) is not None:
        documents = (chosen,)
    turn = Turn(
        question,
        context.asker,
        context.conversation,
        tuple(documents) or None,
        _history(context, replied),
        once=str(context.update),
        language=context.language,
    )
    draft = ""
    for event in context.footnote.assistant.ask(turn):
        context.stop.check()
        match event:
            case Searching():
                context.draft.text = words("searching", context.language)
            case Text(text):
                draft += text
                context.draft.text = draft
            case Answered(answer):
                return answer
    raise AssertionError("a turn ends with its answer")


def _history(context: ChatContext, replied: RepliedMessage | None) -> tuple[Exchange, ...] | None:
    """The history of a reply: the turns up to the answer that is replied to, or somebody else's words."""
    if replied is None:
        return None
    if not replied.by_bot:
        # Nothing else that was said counts. A person's words stand as a question does.
        return (Exchange(replied.quote or replied.text),)
    recall = context.footnote.conversations.recall
    shown = context.footnote.outbox.shown(context.place.chat, replied.message)
    if shown is None:
        turns = recall(context.asker, context.conversation, _RECALLED)
    else:
        turns = [one for one in recall(context.asker, shown.conversation, None) if (one.turn or 0) <= shown.turn]
    said = [exchange_of(turn) for turn in turns[-_RECALLED:]]
    return (*said, Exchange(replied.quote)) if replied.quote else tuple(said)
