"""Handles the questions and commands of a chat; a question in the conversation of its topic."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answers import Answer, Answered, Exchange, Searching, Text, Turn, exchange_of
from bot.assistant import LONGEST_QUESTION, language_of_words
from bot.interfaces.telegram.api.updates import IncomingMessage, RepliedMessage
from bot.interfaces.telegram.chat_context import ChatContext
from bot.interfaces.telegram.messages import rendering
from bot.interfaces.telegram.messages.callbacks import AskPrepared
from bot.interfaces.telegram.messages.markup import foreign, formatted
from bot.storage.outbox import OutgoingMessage, ShownTurn
from bot.storage.topics import Topic
from bot.suggestions import SUMMARY, suggest
from prompts import figures, words
from retrieval.library.catalogue import Entry, LibraryError
from retrieval.types import SHARED

COMMANDS = ("start", "help", "ask", "new", "sources", "documents", "summary", "stop", "forget")
"""The commands in the menu of a chat; `stop` is handled before all others."""

_DEEP_LINK = "doc_"  # what a deep link carries before the id of a document
_SUGGESTED: dict[tuple[str, int], list[str]] = {}  # by document and revision
_RECALLED = 10  # turns
_REMEMBERED = 1000  # documents whose suggested questions are kept


def handle_command(context: ChatContext, message: IncomingMessage) -> list[OutgoingMessage]:
    """Carry a command out. Raises AbortedError once it is stopped."""
    language = context.language
    match message.command:
        case "start":
            return _start(context, message.words)
        case "help":
            writer = context.footnote.writer(language)
            return context.say(rendering.help_messages(language, not context.place.private, writer))
        case "ask":  # without a question: with one, it is handled as a question
            return context.say_notice("ask_what")
        case "new":
            context.set_topic(Topic(context.topic.conversation + 1))
            return context.say_notice("new")
        case "sources":
            return _sources(context)
        case "documents":
            return context.say(rendering.documents_messages(context.entries(), language))
        case "summary":
            if message.words:
                return ask(context, f"Summarise {message.words}")
            return ask(context, SUMMARY, anew=True)  # of which document is asked, whatever was talked about
        case "forget":
            if not context.may_decide():
                return context.say_notice("only_administrator")
            return context.say(rendering.forget_messages(language))
    return context.say_notice("unknown_command")


def suggested_questions(context: ChatContext, entry: Entry) -> list[str]:
    """Questions that a document answers; kept for each revision of it."""
    key = (entry.id, entry.revision)
    if key not in _SUGGESTED:
        if len(_SUGGESTED) > _REMEMBERED:
            _SUGGESTED.clear()
        try:
            text = context.footnote.library.words(entry.id, context.owners)
        except LibraryError:
            return []

        def answer(question: str) -> Answer:
            context.stop.check()
            return context.footnote.assistant.answer(Turn(question, context.asker, documents=(entry.id,)))

        _SUGGESTED[key] = suggest(answer, text)
    return _SUGGESTED[key]


def _start(context: ChatContext, link: str) -> list[OutgoingMessage]:
    if link.startswith(_DEEP_LINK):
        return _open(context, link.removeprefix(_DEEP_LINK))
    entries = context.entries()
    own = [entry for entry in entries if entry.owner == context.asker]
    return _greet(context, entries, (own or entries)[-1:])


def _open(context: ChatContext, document: str) -> list[OutgoingMessage]:
    """Choose one shared document: a link that goes from hand to hand opens no others."""
    entry = context.entry(document)
    if entry is None or entry.owner != SHARED:
        return context.say_notice("unknown_document")
    context.set_topic(Topic(context.topic.conversation + 1, entry.id))
    return _greet(context, [entry], [entry])


def _greet(context: ChatContext, entries: list[Entry], about: list[Entry]) -> list[OutgoingMessage]:
    questions = [
        (question, AskPrepared(number, entry.id))
        for entry in about
        for number, question in enumerate(suggested_questions(context, entry), 1)
    ]
    return context.say(rendering.start_messages(entries, questions, context.language))


def _sources(context: ChatContext) -> list[OutgoingMessage]:
    turns = context.footnote.conversations.recall(context.asker, context.conversation)
    for answer in reversed(turns):
        if answer.opened and answer.turn is not None:
            shows = ShownTurn(context.conversation, answer.turn)
            return context.say(rendering.sources_messages(answer, context.language), shows)
    return context.say_notice("no_sources")


def ask(
    context: ChatContext,
    question: str,
    replied: RepliedMessage | None = None,
    documents: Sequence[str] = (),
    *,
    shown: bool = False,
    anew: bool = False,
) -> list[OutgoingMessage]:
    """The answer to a question, which is remembered; with `shown`, the question stands before it; `anew` looks back at
    nothing that was said.

    Raises AbortedError once it is stopped.
    """
    if not question.strip():
        return context.say_notice("question_empty")
    if len(question) > LONGEST_QUESTION:
        return context.say_notice("question_too_long", most=figures(LONGEST_QUESTION, context.language))
    if not context.entries():
        return context.say_notice("no_documents")
    answer = _answer(context, question, () if anew else _history(context, replied), documents)
    assert answer.turn is not None
    before = rendering.messages(formatted("italic", foreign(question))) if shown else []
    said = [*before, *rendering.answer_messages(answer, language_of_words(question, context.language))]
    return context.say(said, ShownTurn(context.conversation, answer.turn))


def _answer(
    context: ChatContext, question: str, history: tuple[Exchange, ...] | None, documents: Sequence[str]
) -> Answer:
    chosen = context.topic.document
    if not documents and chosen is not None and context.entry(chosen) is not None:
        documents = (chosen,)
    turn = Turn(
        question,
        context.asker,
        context.conversation,
        tuple(documents) or None,
        history,
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
                context.draft.text = foreign(draft).text
            case Answered(answer):
                context.answers.labels(answer.status, "telegram").inc()
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
