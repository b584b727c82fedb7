"""What is done when a button is pressed. What it names is looked up as the chat's own: anyone can send any data."""

from __future__ import annotations

from bot.answers import Citation
from bot.interfaces.telegram.api.sending import note, rewrite
from bot.interfaces.telegram.api.updates import Pressed
from bot.interfaces.telegram.chat_context import Scene
from bot.interfaces.telegram.command_handler import questions_on
from bot.interfaces.telegram.messages.callbacks import AskPrepared, Forget, RateAnswer, RemoveDocument, ShowQuote, parse
from bot.interfaces.telegram.messages.notices import notice
from bot.interfaces.telegram.messages.rendering import source_messages, title_of
from bot.interfaces.telegram.question_handler import ask
from bot.storage.outbox import Outgoing, ShownTurn
from prompts import words
from retrieval.library.catalogue import LibraryError
from retrieval.types import Span

_BREAKS = ("\n\n", "\r\n\r\n")


def press(scene: Scene, pressed: Pressed) -> list[Outgoing]:
    """Do what a button says. Raises AbortedError once it is stopped."""
    match parse(pressed.data):
        case ShowQuote() as shown:
            return _show(scene, pressed, shown)
        case RateAnswer(conversation, turn, helpful):
            kept = scene.footnote.conversations.rate(scene.asker, conversation, turn, helpful)
            return [_noted(scene, pressed, "feedback_thanks" if kept else "answer_gone")]
        case AskPrepared(number, document):
            entry = scene.entry(document)
            questions = [] if entry is None else questions_on(scene, entry)
            if entry is None or number > len(questions):
                return [_noted(scene, pressed, "unknown_button")]
            asked = ask(scene, questions[number - 1], documents=(document,), aloud=True)
            return [Outgoing(note(pressed.id)), *asked]
        case RemoveDocument(document):
            return _remove(scene, pressed, document)
        case Forget(sure):
            return _forget(scene, pressed, sure)
        case None:
            return [_noted(scene, pressed, "unknown_button")]


def _noted(scene: Scene, pressed: Pressed, name: str, **values: str) -> Outgoing:
    return Outgoing(note(pressed.id, words(name, scene.language, **values)))


def _show(scene: Scene, pressed: Pressed, asked: ShowQuote) -> list[Outgoing]:
    answer = scene.footnote.conversations.turn(scene.asker, asked.conversation, asked.turn)
    if answer is None:
        return [_noted(scene, pressed, "answer_gone")]
    citations = answer.related if asked.related else answer.citations
    citation = next((one for one in citations if one.id == asked.citation), None)
    if citation is None:
        return [_noted(scene, pressed, "unknown_button")]
    found = _in_paragraph(scene, citation)
    if found is None:
        return [_noted(scene, pressed, "quote_gone")]
    paragraph, quote, highlight = found
    shows = ShownTurn(asked.conversation, asked.turn)
    said = scene.say(source_messages(citation, paragraph, quote, highlight, scene.language), shows)
    return [Outgoing(note(pressed.id)), *said]


def _in_paragraph(scene: Scene, citation: Citation) -> tuple[str, Span, Span | None] | None:
    """The paragraph of a quote, and the quote and its highlight in it; None when the text is not the same any more."""
    try:
        text = scene.footnote.library.words(citation.document.id, scene.owners)
    except LibraryError:
        return None
    if text[citation.start : citation.end] != citation.quote:
        return None
    first = max(at + len(mark) if (at := text.rfind(mark, 0, citation.start)) >= 0 else 0 for mark in _BREAKS)
    last = min(at if (at := text.find(mark, citation.end)) >= 0 else len(text) for mark in _BREAKS)
    quote = Span(citation.start - first, citation.end - first)
    marked = citation.highlight
    return text[first:last], quote, None if marked is None else Span(marked[0] - first, marked[1] - first)


def _remove(scene: Scene, pressed: Pressed, document: str) -> list[Outgoing]:
    entry = scene.entry(document)
    if entry is None or entry.owner != scene.asker:
        return [_noted(scene, pressed, "removed_already")]
    title = title_of(entry.title, scene.language)
    if scene.footnote.topics.sender(document) != scene.person.id and not scene.decides():
        return [_noted(scene, pressed, "remove_not_yours", title=title)]
    try:
        scene.footnote.library.remove(document, [scene.asker])
    except LibraryError:  # meanwhile
        return [_noted(scene, pressed, "removed_already")]
    return [Outgoing(note(pressed.id)), *scene.tell("removed", title=title)]


def _forget(scene: Scene, pressed: Pressed, sure: bool) -> list[Outgoing]:
    if not scene.decides():
        return [_noted(scene, pressed, "only_administrator")]
    name = "kept"
    if sure:
        _forget_all(scene)
        name = "forgotten"
    (said,) = notice(name, scene.language)
    return [
        Outgoing(note(pressed.id)),
        Outgoing(rewrite(scene.place.message, said.rich.html(), said.rich.plain)),
    ]


def _forget_all(scene: Scene) -> None:
    footnote, chat = scene.footnote, scene.place.chat
    for entry in scene.entries():
        if entry.owner == scene.asker:
            footnote.library.remove(entry.id, [scene.asker])
    footnote.conversations.forget(scene.asker)
    footnote.inbox.forget(chat)
    # The next conversations have new names, so that no button of an old message finds them.
    footnote.topics.forget(chat)
