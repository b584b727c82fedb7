"""Renders answers, citations and notices as messages with buttons. Knows no chats, and decides nothing of answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from bot.answers import Answer, Citation
from bot.interfaces.highlights import highlighted, pieces
from bot.interfaces.telegram.messages import callbacks
from bot.interfaces.telegram.messages.markup import FormattedText, Kind, foreign, formatted, joined, link, unformatted
from bot.interfaces.telegram.messages.splitting import beginning, ending, shortened, split
from bot.interfaces.text import under
from prompts import counted, reply, words
from retrieval.chunking.markup import said
from retrieval.library.catalogue import Entry
from retrieval.loaders.registry import SHORT_LIST
from retrieval.types import SHARED, Span

LONGEST_TITLE = 64
"""UTF-16 units of a document's title, in messages."""

_LONGEST_LABEL = 64
_IN_A_ROW = 8
_MOST_ROWS = 12  # Telegram takes a hundred buttons, and two are for what is thought of the answer
_CONTEXT = 600  # code points of a paragraph that are shown on either side of a quote
_CROSS = "✕"
_MOST_LISTED = 50  # documents
_TITLES_NAMED = 3


class Button(NamedTuple):
    """A button under a message: its label, and its callback data."""

    label: str
    data: str


class RenderedMessage(NamedTuple):
    """A message, and the rows of buttons under it."""

    body: FormattedText
    buttons: tuple[tuple[Button, ...], ...] = ()


def button(label: str, action: callbacks.ButtonAction) -> Button:
    """A button; a long label is shortened, and a blank one replaced by "…"."""
    return Button(shortened(label, _LONGEST_LABEL) or "…", callbacks.encode(action))


def messages(whole: FormattedText, buttons: Sequence[tuple[Button, ...]] = ()) -> list[RenderedMessage]:
    """The text, split into messages, with the buttons under the last."""
    pieces = [RenderedMessage(piece) for piece in split(whole)]
    return [*pieces[:-1], pieces[-1]._replace(buttons=tuple(buttons))] if pieces else []


def title_of(title: str, language: str) -> str:
    """A document's title in one line, never blank."""
    return shortened(foreign(title).text, LONGEST_TITLE) or words("untitled", language)


def answer_messages(answer: Answer, language: str) -> list[RenderedMessage]:
    """An answer: the text with its markers, the unanswered parts, where its citations stand, and the buttons.

    The quote of a citation is shown, collapsed, where the answer does not say its very words. There are buttons when
    the turn is remembered: one for each citation, and two to rate the answer.
    """
    if answer.choices and answer.conversation is not None and answer.turn is not None:
        name, turn = answer.conversation, answer.turn
        chosen = [
            (button(title_of(one.title, language), callbacks.ChooseDocument(name, turn, number)),)
            for number, one in enumerate(answer.choices, 1)
        ]
        # The titles stand on the buttons.
        return messages(unformatted(reply("which_document", language, titles="").strip()), chosen)
    blocks = [_said(answer)]
    if answer.unanswered:
        questions = foreign(" ".join(answer.unanswered)).text
        blocks.append(unformatted(reply("unanswered", language, questions=questions)))
    if answer.note:
        blocks.append(formatted("italic", unformatted(answer.note)))
    repeated = all(answer.text[one.answer_start : one.answer_end] == said(one.quote) for one in answer.citations)
    if answer.citations and repeated:
        blocks.append(_places(answer.citations, language))
    elif answer.citations:
        blocks.append(formatted("expandable_blockquote", _footnotes(answer.citations, language)))
    if answer.related:
        nearest = formatted("expandable_blockquote", _footnotes(answer.related, language))
        blocks.append(joined("\n", [unformatted(reply("nearest", language)), nearest]))
    return messages(joined("\n\n", blocks), _buttons(answer, rated=True))


def sources_messages(answer: Answer, language: str) -> list[RenderedMessage]:
    """The citations of an answer, not collapsed, with their buttons; the fixed words when it has none."""
    if not answer.opened:
        return messages(unformatted(words("no_sources", language)))
    quotes = [formatted("blockquote", _footnotes([citation], language)) for citation in answer.opened]
    return messages(joined("\n\n", [words("sources", language), *quotes]), _buttons(answer, rated=False))


def source_messages(
    citation: Citation, paragraph: str, quote: Span, highlight: Span | None, language: str
) -> list[RenderedMessage]:
    """A quote in its paragraph: its words bold, the highlight also italic, and under it its place in the document.

    The spans are code points of `paragraph`, which is shortened around the quote.
    """
    before, after = paragraph[: quote.start], paragraph[quote.end :]
    told = foreign(quote.of(paragraph))
    if highlight is not None and quote.start <= highlight.start < highlight.end <= quote.end:
        told = _with("italic", quote.of(paragraph), highlight.start - quote.start, highlight.end - quote.start)
    around = foreign(ending(before.lstrip(), _CONTEXT)), foreign(beginning(after, _CONTEXT))
    shown = joined("", [around[0], formatted("bold", told), around[1]])
    place = joined(" ", [f"[{citation.id}]", link(_place(citation, language), citation.url)])
    return messages(joined("\n", [formatted("blockquote", shown), place]))


def notice_messages(name: str, language: str, **values: str) -> list[RenderedMessage]:
    """The fixed words called `name`, with `values` filled in."""
    return messages(unformatted(words(name, language, **{one: foreign(value).text for one, value in values.items()})))


def start_messages(
    documents: Sequence[Entry], questions: Sequence[tuple[str, callbacks.AskPrepared]], language: str
) -> list[RenderedMessage]:
    """The greeting, with suggested questions as buttons."""
    if not documents:
        return notice_messages("start_empty", language)
    titles = ", ".join(
        words("quoted", language, title=title_of(entry.title, language)) for entry in documents[:_TITLES_NAMED]
    )
    if len(documents) > _TITLES_NAMED:
        titles = counted("documents", len(documents), language)
    said = [words("start", language, titles=titles), words("start_more", language)]
    if questions:
        said.append(words("start_questions", language))
    return messages(joined("\n\n", said), [(button(foreign(text).text, asked),) for text, asked in questions])


def help_messages(language: str, in_group: bool, model: str = "") -> list[RenderedMessage]:
    """The help: what the bot can do, how it behaves in a group, what it stores, and who writes, if a `model` does."""
    names = ["help", "group_hint", "privacy"] if in_group else ["help", "privacy"]
    said = [words(name, language, types=SHORT_LIST).strip() for name in names]
    return messages(joined("\n\n", [*said, *([model] if model else [])]))


def documents_messages(entries: Sequence[Entry], language: str) -> list[RenderedMessage]:
    """The documents: shared ones, and those of the chat, with buttons that remove them."""
    shared = [entry for entry in entries if entry.owner == SHARED]
    own = [entry for entry in entries if entry.owner != SHARED]
    if not entries:
        return notice_messages("no_documents", language)
    blocks: list[str | FormattedText] = [words("documents", language)]
    for name, listed in (("documents_shared", shared), ("documents_own", own)):
        if listed:
            blocks.append(_listing(words(name, language), listed, language))
    if own:
        blocks.append(words("documents_remove", language))
    rows = [(_remove(entry.title, entry.id, language),) for entry in own[:_MOST_LISTED]]
    return messages(joined("\n\n", blocks), rows)


def read_messages(entry: Entry, language: str) -> list[RenderedMessage]:
    """A document was added: its pages, and a button that removes it."""
    title = title_of(entry.title, language)
    if entry.pages:
        said = words("read_pages", language, title=title, pages=counted("pages", len(entry.pages), language))
    else:
        said = words("read", language, title=title)
    return messages(unformatted(said), [(_remove(words("remove", language), entry.id, language),)])


def reason_messages(conversation: str, turn: int, refused: bool, language: str) -> list[RenderedMessage]:
    """The question why an answer did not help, with the reasons as buttons; a refusal cites no place."""
    reasons = [
        button(words(f"why_{one}", language), callbacks.GiveReason(conversation, turn, one))
        for one in callbacks.REASONS
        if not (refused and one == "place")
    ]
    return messages(unformatted(words("feedback_why", language)), [tuple(reasons)])


def keep_messages(update: int, language: str) -> list[RenderedMessage]:
    """The question whether to read a text as a document."""
    yes, no = (
        button(words(f"keep_{name}", language), callbacks.KeepText(update, name == "yes")) for name in ("yes", "no")
    )
    return messages(unformatted(words("keep_text", language)), [(yes, no)])


def forget_messages(language: str) -> list[RenderedMessage]:
    """The question whether to delete everything."""
    sure, kept = (button(words(f"forget_{name}", language), callbacks.Forget(name == "yes")) for name in ("yes", "no"))
    return messages(unformatted(words("forget", language)), [(sure, kept)])


def _said(answer: Answer) -> FormattedText:
    """The text of an answer, highlights in bold, a marker after each sentence that has a citation."""
    parts: list[str | FormattedText] = []
    for piece in pieces(answer):
        if piece.cited is not None:
            parts.append(piece.words)
        else:
            shown = foreign(piece.words)
            parts.append(formatted("bold", shown) if piece.bold else shown)
    return joined("", parts)


def _sentence(sentence: str, citation: Citation) -> FormattedText:
    marked = highlighted(citation, sentence)
    return foreign(sentence) if marked is None else _with("bold", sentence, marked.start, marked.end)


def _with(kind: Kind, whole: str, start: int, end: int) -> FormattedText:
    """The words of a document, with `start` to `end` formatted."""
    return joined("", [foreign(whole[:start]), formatted(kind, foreign(whole[start:end])), foreign(whole[end:])])


def _footnotes(citations: Sequence[Citation], language: str) -> FormattedText:
    return joined("\n\n", [_footnote(citation, language) for citation in citations])


def _places(citations: Sequence[Citation], language: str) -> FormattedText:
    """Where citations stand, a line for each place."""
    lines = []
    for place, several in groupby(citations, key=lambda one: (_place(one, language), one.url)):
        markers = " ".join(f"[{one.id}]" for one in several)
        lines.append(joined("", [f"{markers} ", formatted("italic", link(*place))]))
    return joined("\n", lines)


def _footnote(citation: Citation, language: str) -> FormattedText:
    quote = _sentence(said(citation.quote), citation)
    place = formatted("italic", link(_place(citation, language), citation.url))
    return joined("", [f"[{citation.id}] ", quote, "\n", place])


def _place(citation: Citation, language: str) -> str:
    name, number = ("paragraph", citation.paragraph) if citation.page is None else ("page", citation.page)
    title = title_of(citation.document.title, language)
    return f"{title}, {under(citation.section)}{words(name, language, number=str(number))}"


def _buttons(answer: Answer, rated: bool) -> list[tuple[Button, ...]]:
    conversation, turn = answer.conversation, answer.turn
    if conversation is None or turn is None or answer.status in ("clarify", "smalltalk"):
        return []
    shown = answer.opened[: _IN_A_ROW * _MOST_ROWS]
    related = not answer.citations
    numbers = [button(str(one.id), callbacks.ShowQuote(conversation, turn, one.id, related)) for one in shown]
    thumbs = [button(sign, callbacks.RateAnswer(conversation, turn, sign == "👍")) for sign in "👍👎"] if rated else []
    if len(numbers) + len(thumbs) <= _IN_A_ROW:
        return [(*numbers, *thumbs)] if numbers or thumbs else []
    rows = [tuple(numbers[at : at + _IN_A_ROW]) for at in range(0, len(numbers), _IN_A_ROW)]
    return [*rows, tuple(thumbs)] if thumbs else rows


def _listing(heading: str, entries: Sequence[Entry], language: str) -> FormattedText:
    lines = []
    for entry in entries[:_MOST_LISTED]:
        notes = [_file(entry)] if entry.owner != SHARED and _file(entry) else []
        notes += [counted("pages", len(entry.pages), language)] if entry.pages else []
        lines.append(title_of(entry.title, language) + (f" ({', '.join(notes)})" if notes else ""))
    if len(entries) > _MOST_LISTED:
        lines.append(counted("more", len(entries) - _MOST_LISTED, language))
    return joined("\n", [formatted("bold", heading), *lines])


def _file(entry: Entry) -> str:
    """The name of the file that a document was, where its title is another one."""
    name = entry.source.rpartition("/")[2]
    named = "." in name and entry.title.casefold() != name.rpartition(".")[0].casefold()
    return foreign(name).text if named and "://" not in entry.source else ""


def _remove(label: str, document: str, language: str) -> Button:
    return button(f"{_CROSS} {title_of(label, language)}", callbacks.RemoveDocument(document))
