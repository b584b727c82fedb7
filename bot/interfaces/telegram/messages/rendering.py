"""Answers and their footnotes as messages with buttons. Knows no chats, and makes no decision about answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answers import Answer, Citation, plain
from bot.interfaces.telegram.messages.callbacks import RateAnswer, ShowQuote, Tapped, make
from bot.interfaces.telegram.messages.markup import Kind, Rich, formatted, joined, link, rich
from bot.interfaces.telegram.messages.splitting import beginning, ending, shortened, split
from prompts import reply, words
from retrieval.types import Span

LONGEST_TITLE = 64
"""UTF-16 units of a document's title, in messages."""

_LONGEST_LABEL = 64
_IN_A_ROW = 8
_MOST_ROWS = 12  # Telegram takes a hundred buttons, and two are for what is thought of the answer
_CONTEXT = 600  # code points of a paragraph that are shown on either side of a quote


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: what stands on it, and what is sent when it is tapped."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is sent, and the rows of buttons under it."""

    rich: Rich
    buttons: tuple[tuple[Button, ...], ...] = ()


def button(label: str, tapped: Tapped, unnamed: str = "…") -> Button:
    """A button; of a long label the beginning is shown, and for one that shows nothing `unnamed`."""
    return Button(shortened(label, _LONGEST_LABEL) or unnamed, make(tapped))


def messages(whole: Rich, buttons: Sequence[tuple[Button, ...]] = ()) -> list[Message]:
    """The text in as many messages as it takes, the buttons under the last."""
    pieces = [Message(piece) for piece in split(whole)]
    return [*pieces[:-1], replace(pieces[-1], buttons=tuple(buttons))] if pieces else []


def title_of(title: str, language: str) -> str:
    """A document's title in one line that can be seen."""
    return shortened(title, LONGEST_TITLE) or words("untitled", language)


def answer_messages(answer: Answer, language: str) -> list[Message]:
    """An answer: the text with its markers, what it leaves open, the footnotes folded, and the buttons.

    There are buttons when the turn is remembered: one for each footnote, and two for what is thought of the answer.
    """
    blocks = [_said(answer)]
    if answer.unanswered:
        blocks.append(rich(reply("unanswered", language, questions=" ".join(answer.unanswered))))
    if answer.citations:
        blocks.append(formatted("expandable", _footnotes(answer.citations, language)))
    if answer.related:
        blocks.append(rich(reply("nearest", language)))
        blocks.append(formatted("expandable", _footnotes(answer.related, language)))
    return messages(joined("\n\n", blocks), _buttons(answer, rated=True))


def sources_messages(answer: Answer, language: str) -> list[Message]:
    """The footnotes of an answer, unfolded, with their buttons; the fixed words when it has none."""
    if not answer.citations:
        return messages(rich(words("no_sources", language)))
    quotes = [formatted("quote", _footnotes([citation], language)) for citation in answer.citations]
    return messages(joined("\n\n", [words("sources", language), *quotes]), _buttons(answer, rated=False))


def source_messages(
    citation: Citation, paragraph: str, quote: Span, highlight: Span | None, language: str
) -> list[Message]:
    """A quote in its paragraph: its words bold, those that answer also italic, and under it where it stands.

    The spans are code points of `paragraph`, of which what is far from the quote is left out.
    """
    before, after = paragraph[: quote.start], paragraph[quote.end :]
    told = rich(quote.of(paragraph))
    if highlight is not None and quote.start <= highlight.start < highlight.end <= quote.end:
        told = _with("italic", quote.of(paragraph), highlight.start - quote.start, highlight.end - quote.start)
    shown = joined("", [ending(before.lstrip(), _CONTEXT), formatted("bold", told), beginning(after, _CONTEXT)])
    place = joined(" ", [f"[{citation.id}]", link(_place(citation, language), citation.url)])
    return messages(joined("\n", [formatted("quote", shown), place]))


def _said(answer: Answer) -> Rich:
    """The text of an answer, the words that answer in bold, a marker after each sentence that has a footnote.

    Where a marker stands is told by the footnote: the words of a document may look like one.
    """
    parts: list[str | Rich] = []
    at = 0
    for citation in sorted(answer.citations, key=lambda citation: citation.answer_end):
        marker = f" [{citation.id}]"
        if citation.answer_end < at:
            continue  # its sentence was told with another footnote
        start = max(at, citation.answer_start)
        parts += [answer.text[at:start], _sentence(answer.text[start : citation.answer_end], citation), marker]
        at = citation.answer_end
        if answer.text.startswith(marker, at):
            at += len(marker)
    return joined("", [*parts, answer.text[at:]])


def _sentence(sentence: str, citation: Citation) -> Rich:
    if citation.highlight is None or sentence != plain(citation.quote):
        return rich(sentence)
    start, end = (offset - citation.start for offset in citation.highlight)
    first = len(plain(citation.quote[:start] + "|")) - 1
    return _with("bold", sentence, first, first + len(plain(citation.quote[start:end])))


def _with(kind: Kind, whole: str, start: int, end: int) -> Rich:
    """The words, those from `start` to `end` formatted."""
    return joined("", [whole[:start], formatted(kind, whole[start:end]), whole[end:]])


def _footnotes(citations: Sequence[Citation], language: str) -> Rich:
    return joined("\n\n", [_footnote(citation, language) for citation in citations])


def _footnote(citation: Citation, language: str) -> Rich:
    quote = _sentence(plain(citation.quote), citation)
    place = formatted("italic", link(_place(citation, language), citation.url))
    return joined("", [f"[{citation.id}] ", quote, "\n", place])


def _place(citation: Citation, language: str) -> str:
    name, number = ("paragraph", citation.paragraph) if citation.page is None else ("page", citation.page)
    return f"{title_of(citation.document.title, language)}, {words(name, language, number=str(number))}"


def _buttons(answer: Answer, rated: bool) -> list[tuple[Button, ...]]:
    conversation, turn = answer.conversation, answer.turn
    if conversation is None or turn is None or answer.status in ("clarify", "smalltalk"):
        return []
    shown = [*answer.citations, *answer.related][: _IN_A_ROW * _MOST_ROWS]
    related = not answer.citations
    numbers = [button(str(one.id), ShowQuote(conversation, turn, one.id, related)) for one in shown]
    rows = [tuple(numbers[at : at + _IN_A_ROW]) for at in range(0, len(numbers), _IN_A_ROW)]
    thumbs = (button("👍", RateAnswer(conversation, turn, True)), button("👎", RateAnswer(conversation, turn, False)))
    return [*rows, thumbs] if rated else rows
