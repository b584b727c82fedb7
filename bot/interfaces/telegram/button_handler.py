"""Handles pressed buttons. What a button names is looked up as the chat's own: anyone can send any data."""

from __future__ import annotations

from bot.answers import Citation
from bot.interfaces.telegram.api.sending import answer_callback, edit_message, in_place_of
from bot.interfaces.telegram.api.updates import ButtonPress
from bot.interfaces.telegram.chat_context import ChatContext
from bot.interfaces.telegram.document_handler import read_text
from bot.interfaces.telegram.message_handler import ask, suggested_questions
from bot.interfaces.telegram.messages import callbacks
from bot.interfaces.telegram.messages.rendering import notice_messages, reason_messages, source_messages, title_of
from bot.storage.outbox import OutgoingMessage, ShownTurn
from prompts import words
from retrieval.library.catalogue import LibraryError
from retrieval.types import Span

_REASONS: dict[callbacks.Reason, str] = {"place": "wrong place", "asked": "not what was asked", "said": "it does say"}
_BREAKS = ("\n\n", "\r\n\r\n")


def handle_button(context: ChatContext, press: ButtonPress) -> list[OutgoingMessage]:
    """Do what a button says. Raises AbortedError once it is stopped."""
    match callbacks.decode(press.data):
        case callbacks.ShowQuote() as shown:
            return _show(context, press, shown)
        case callbacks.RateAnswer(conversation, turn, helpful):
            kept = context.footnote.conversations.rate(context.asker, conversation, turn, helpful)
            if not kept or helpful:
                return [_note(context, press, "feedback_thanks" if kept else "answer_gone")]
            answer = context.footnote.conversations.turn(context.asker, conversation, turn)
            refused = answer is not None and answer.status != "answered"
            asked = reason_messages(conversation, turn, refused, context.language)
            return _noticed(press, context.say(asked, reply_to=press.place.message))
        case callbacks.GiveReason(conversation, turn, reason):
            kept = context.footnote.conversations.rate(context.asker, conversation, turn, False, _REASONS[reason])
            (said,) = notice_messages("feedback_thanks" if kept else "answer_gone", context.language)
            return _noticed(press, [OutgoingMessage(edit_message(press.place.message, said.body.text))])
        case callbacks.ChooseDocument() as choice:
            return _choose(context, press, choice)
        case callbacks.KeepText(update, sure):
            return _keep(context, press, update, sure)
        case callbacks.AskPrepared(number, document):
            entry = context.entry(document)
            questions = [] if entry is None else suggested_questions(context, entry)
            if number > len(questions):
                return [_note(context, press, "unknown_button")]
            return _noticed(press, ask(context, questions[number - 1], documents=(document,), shown=True))
        case callbacks.RemoveDocument(document):
            return _remove(context, press, document)
        case callbacks.Forget(sure):
            return _forget(context, press, sure)
        case None:
            return [_note(context, press, "unknown_button")]


def _choose(context: ChatContext, press: ButtonPress, choice: callbacks.ChooseDocument) -> list[OutgoingMessage]:
    asked = context.footnote.conversations.turn(context.asker, choice.conversation, choice.turn)
    if asked is None:
        return [_note(context, press, "answer_gone")]
    chosen = asked.choices[choice.number - 1 : choice.number]
    if not chosen or context.entry(chosen[0].id) is None:
        return [_note(context, press, "removed_already")]
    return _noticed(press, ask(context, asked.standalone_question, documents=(chosen[0].id,)))


def _keep(context: ChatContext, press: ButtonPress, number: int, sure: bool) -> list[OutgoingMessage]:
    """Do with a text that was sent before what is wanted; the question whether to keep it goes."""
    sent = context.text_of(number)
    if sent is None:
        return [_note(context, press, "text_gone")]
    text, message = sent
    asks = not sure and "?" in text
    said = read_text(context, text, message) if sure else ask(context, text) if asks else []
    (kept,) = notice_messages("keep_yes" if sure else "keep_no" if asks else "kept", context.language)
    return _noticed(press, [OutgoingMessage(edit_message(press.place.message, kept.body.text)), *said])


def _note(context: ChatContext, press: ButtonPress, name: str, **values: str) -> OutgoingMessage:
    """The fixed words called `name`, shown to whoever pressed the button."""
    return OutgoingMessage(answer_callback(press.id, words(name, context.language, **values)))


def _noticed(press: ButtonPress, said: list[OutgoingMessage]) -> list[OutgoingMessage]:
    return [OutgoingMessage(answer_callback(press.id)), *said]


def _show(context: ChatContext, press: ButtonPress, asked: callbacks.ShowQuote) -> list[OutgoingMessage]:
    answer = context.footnote.conversations.turn(context.asker, asked.conversation, asked.turn)
    if answer is None:
        return [_note(context, press, "answer_gone")]
    citations = answer.related if asked.related else answer.citations
    citation = next((one for one in citations if one.id == asked.citation), None)
    if citation is None:
        return [_note(context, press, "unknown_button")]
    found = _in_paragraph(context, citation)
    if found is None:
        return [_note(context, press, "quote_gone")]
    shows = ShownTurn(asked.conversation, asked.turn)
    messages = source_messages(citation, *found, context.language)
    said = context.say(messages, shows, reply_to=press.place.message)
    # One message shows the quotes of an answer, one after the other: pressed again, a button fills no chat.
    opens = f"{asked.conversation}:{asked.turn}"
    before = context.footnote.outbox.opened(context.place.chat, opens) if len(said) == 1 else None
    said = [one._replace(request={**one.request, "opens": opens}) for one in said]
    if before is not None:
        message, shown = before
        said = [
            one._replace(request=in_place_of(message, one.request))
            for one in said
            if one.request["plain"] != shown["plain"]
        ]
    return _noticed(press, said)


def _in_paragraph(context: ChatContext, citation: Citation) -> tuple[str, Span, Span | None] | None:
    """The paragraph of a quote, and the quote and its highlight in it; None when the text has changed."""
    try:
        text = context.footnote.library.words(citation.document.id, context.owners)
    except LibraryError:
        return None
    if text[citation.start : citation.end] != citation.quote:
        return None
    first = max(at + len(mark) if (at := text.rfind(mark, 0, citation.start)) >= 0 else 0 for mark in _BREAKS)
    last = min(at if (at := text.find(mark, citation.end)) >= 0 else len(text) for mark in _BREAKS)
    quote = Span(citation.start - first, citation.end - first)
    marked = citation.highlight
    return text[first:last], quote, None if marked is None else Span(marked[0] - first, marked[1] - first)


def _remove(context: ChatContext, press: ButtonPress, document: str) -> list[OutgoingMessage]:
    entry = context.entry(document)
    if entry is None or entry.owner != context.asker:
        return [_note(context, press, "removed_already")]
    title = title_of(entry.title, context.language)
    if context.footnote.topics.sender(document) != context.person.id and not context.may_decide():
        return [_note(context, press, "remove_not_yours", title=title)]
    try:
        context.footnote.library.remove(document, [context.asker])
    except LibraryError:  # meanwhile
        return [_note(context, press, "removed_already")]
    return _noticed(press, context.say_notice("removed", title=title))


def _forget(context: ChatContext, press: ButtonPress, sure: bool) -> list[OutgoingMessage]:
    if not context.may_decide():
        return [_note(context, press, "only_administrator")]
    if sure:
        _forget_all(context)
    (said,) = notice_messages("forgotten" if sure else "kept", context.language)
    return _noticed(press, [OutgoingMessage(edit_message(context.place.message, said.body.text))])


def _forget_all(context: ChatContext) -> None:
    footnote, chat = context.footnote, context.place.chat
    for entry in context.entries():
        if entry.owner == context.asker:
            footnote.library.remove(entry.id, [context.asker])
    footnote.conversations.forget(context.asker)
    footnote.inbox.forget(chat)
    # The next conversations have new names, so that no button of an old message finds them.
    footnote.topics.forget(chat)
