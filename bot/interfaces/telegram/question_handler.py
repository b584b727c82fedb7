"""A question of a chat: asked of the assistant, in the conversation that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answers import Answer, Answered, Exchange, Searching, Text, Turn, exchange_of
from bot.assistant import LONGEST_QUESTION
from bot.interfaces.telegram.api.updates import Replied
from bot.interfaces.telegram.chat_context import Scene
from bot.interfaces.telegram.messages.markup import formatted
from bot.interfaces.telegram.messages.rendering import answer_messages, messages
from bot.storage.outbox import Outgoing, ShownTurn
from prompts import words

SUMMARY = "Summarise the text."
_RECALLED = 10  # turns


def ask(
    scene: Scene, question: str, replied: Replied | None = None, documents: Sequence[str] = (), *, aloud: bool = False
) -> list[Outgoing]:
    """The answer to a question, which is remembered; `aloud` when nobody has written it here, so that it is shown.

    Raises AbortedError once it is stopped.
    """
    if not question.strip():
        return scene.tell("question_empty")
    if len(question) > LONGEST_QUESTION:
        return scene.tell("question_too_long", most=f"{LONGEST_QUESTION:,}")
    if not scene.entries():
        return scene.tell("no_documents")
    answer = _answer(scene, question, replied, documents)
    assert answer.turn is not None
    said = answer_messages(answer, scene.language)
    if aloud:
        said = [*messages(formatted("italic", question)), *said]
    return scene.say(said, ShownTurn(scene.conversation, answer.turn))


def _answer(scene: Scene, question: str, replied: Replied | None, documents: Sequence[str]) -> Answer:
    chosen = scene.topic.document
    if not documents and chosen is not None and scene.entry(chosen) is not None:
        documents = (chosen,)
    turn = Turn(
        question,
        scene.asker,
        scene.conversation,
        tuple(documents) or None,
        _history(scene, replied),
        once=str(scene.update),
        language=scene.language,
    )
    shown = ""
    for event in scene.footnote.assistant.ask(turn):
        scene.stop.check()
        match event:
            case Searching():
                scene.draft.show(words("searching", scene.language))
            case Text(text):
                shown += text
                scene.draft.show(shown)
            case Answered(answer):
                return answer
    raise AssertionError("a turn ends with its answer")


def _history(scene: Scene, replied: Replied | None) -> tuple[Exchange, ...] | None:
    """What a reply looks back on: the turns up to the answer that is replied to, or what somebody else said."""
    if replied is None:
        return None
    if not replied.mine:
        # It is about this, whatever else was talked about. What was said by a person stands as a question does.
        return (Exchange(replied.quote or replied.text),)
    recall = scene.footnote.conversations.recall
    shown = scene.footnote.outbox.shown(scene.place.chat, replied.message)
    if shown is None:
        turns = recall(scene.asker, scene.conversation, _RECALLED)
    else:
        turns = [one for one in recall(scene.asker, shown.conversation, None) if (one.turn or 0) <= shown.turn]
    said = [exchange_of(turn) for turn in turns[-_RECALLED:]]
    return (*said, Exchange(replied.quote)) if replied.quote else tuple(said)
