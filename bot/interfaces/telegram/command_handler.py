"""The commands of a chat."""

from __future__ import annotations

from collections.abc import Callable

from bot.answers import Answer, Turn
from bot.interfaces.telegram.api.updates import Heard
from bot.interfaces.telegram.chat_context import Scene
from bot.interfaces.telegram.messages.callbacks import AskPrepared
from bot.interfaces.telegram.messages.notices import documents_messages, forget_messages, help_messages, start_messages
from bot.interfaces.telegram.messages.rendering import sources_messages
from bot.interfaces.telegram.question_handler import SUMMARY, ask
from bot.storage.outbox import Outgoing, ShownTurn
from bot.storage.topics import Topic
from bot.suggestions import suggest
from retrieval.library.catalogue import Entry, LibraryError
from retrieval.types import SHARED

_OPENS = "doc_"  # what a deep link carries before the id of a document
_SUGGESTED: dict[tuple[str, int], list[str]] = {}
_REMEMBERED = 1000  # documents whose questions are remembered


def follow(scene: Scene, heard: Heard) -> list[Outgoing]:
    """Do what a command says. Raises AbortedError once it is stopped."""
    command = _COMMANDS.get(heard.command)
    return scene.tell("unknown_command") if command is None else command(scene, heard)


def unknown(command: str) -> bool:
    """Whether it is a command that is not one of the bot's."""
    return bool(command) and command != "stop" and command not in _COMMANDS


def questions_on(scene: Scene, entry: Entry) -> list[str]:
    """The questions that are prepared for a document, which it answers."""
    key = (entry.id, entry.revision)
    if key not in _SUGGESTED:
        if len(_SUGGESTED) > _REMEMBERED:
            _SUGGESTED.clear()
        try:
            text = scene.footnote.library.words(entry.id, scene.owners)
        except LibraryError:
            return []

        def answer(question: str) -> Answer:
            scene.stop.check()
            return scene.footnote.assistant.answer(Turn(question, scene.asker, documents=(entry.id,)))

        _SUGGESTED[key] = suggest(answer, text)
    return _SUGGESTED[key]


def _start(scene: Scene, heard: Heard) -> list[Outgoing]:
    if heard.words.startswith(_OPENS):
        return _open(scene, heard.words.removeprefix(_OPENS))
    entries = scene.entries()
    own = [entry for entry in entries if entry.owner == scene.asker]
    about = (own or entries)[-1:]
    return scene.say(start_messages(entries, _prepared(scene, about), scene.language))


def _open(scene: Scene, document: str) -> list[Outgoing]:
    """Talk about one shared document: a link that goes from hand to hand opens no others."""
    entry = scene.entry(document)
    if entry is None or entry.owner != SHARED:
        return scene.tell("unknown_document")
    number = scene.topic.conversation + 1
    scene.footnote.topics.set(scene.place.chat, scene.place.thread, Topic(number, entry.id))
    return scene.say(start_messages([entry], _prepared(scene, [entry]), scene.language))


def _prepared(scene: Scene, entries: list[Entry]) -> list[tuple[str, AskPrepared]]:
    return [
        (question, AskPrepared(number, entry.id))
        for entry in entries
        for number, question in enumerate(questions_on(scene, entry), 1)
    ]


def _help(scene: Scene, _heard: Heard) -> list[Outgoing]:
    return scene.say(help_messages(scene.language, not scene.place.private))


def _ask(scene: Scene, _heard: Heard) -> list[Outgoing]:
    """Alone: with a question, it is handled as one."""
    return scene.tell("ask_what")


def _new(scene: Scene, _heard: Heard) -> list[Outgoing]:
    scene.footnote.topics.set(scene.place.chat, scene.place.thread, Topic(scene.topic.conversation + 1))
    return scene.tell("new")


def _sources(scene: Scene, _heard: Heard) -> list[Outgoing]:
    turns = scene.footnote.conversations.recall(scene.asker, scene.conversation)
    for answer in reversed(turns):
        if answer.citations and answer.turn is not None:
            shows = ShownTurn(scene.conversation, answer.turn)
            return scene.say(sources_messages(answer, scene.language), shows)
    return scene.tell("no_sources")


def _documents(scene: Scene, _heard: Heard) -> list[Outgoing]:
    return scene.say(documents_messages(scene.entries(), scene.language))


def _summary(scene: Scene, _heard: Heard) -> list[Outgoing]:
    return ask(scene, SUMMARY)


def _forget(scene: Scene, _heard: Heard) -> list[Outgoing]:
    if not scene.decides():
        return scene.tell("only_administrator")
    return scene.say(forget_messages(scene.language))


_COMMANDS: dict[str, Callable[[Scene, Heard], list[Outgoing]]] = {
    "start": _start,
    "help": _help,
    "ask": _ask,
    "new": _new,
    "sources": _sources,
    "documents": _documents,
    "summary": _summary,
    "forget": _forget,
}
