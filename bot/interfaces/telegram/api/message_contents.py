"""What a message holds: its words, its links, its file. Knows not to whom it was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from telegram import Document, Message, MessageEntity

from retrieval.types import Span

_LINKS = (MessageEntity.URL, MessageEntity.TEXT_LINK)
_SEPARATING = ",:;.–—- \n\t"


@dataclass(frozen=True, slots=True)
class File:
    """A file: Telegram's id for it, its name, its size in bytes where it is known, and the id of who sent it."""

    id: str
    name: str
    size: int | None
    sender: int


class Content(NamedTuple):
    """What a message holds: its words, those beside its links, the links, its file, and whether there is more."""

    words: str
    beside: str
    links: tuple[str, ...]
    file: File | None
    unreadable: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.words or self.file or self.unreadable)


def content_of(message: Message, taken: Sequence[Span] = ()) -> Content:
    """What `message` holds, but for what is taken out of its text.

    An address without "https://" is a link where nothing stands beside it: else it is a name in a sentence.
    """
    text = text_of(message)
    words = without(text, taken)
    marks = [(entity, span) for entity, span in marks_of(message) if entity.type in _LINKS]
    beside = without(text, [*taken, *(span for _, span in marks)]).strip(_SEPARATING)
    links, linked = [], []
    for entity, span in marks:
        address = entity.url or span.of(text)
        if "://" not in address:
            if beside:
                continue
            address = f"https://{address}"
        links.append(address)
        if not entity.url:
            linked.append(span)
    file = None if message.document is None else _file(message, message.document)
    return Content(
        words=words,
        beside=without(text, [*taken, *linked]).rstrip(_SEPARATING),
        links=tuple(links),
        file=file,
        unreadable=file is None and message.effective_attachment is not None,
    )


def text_of(message: Message) -> str:
    """Its text, or what stands under its file."""
    return message.text or message.caption or ""


def marks_of(message: Message) -> list[tuple[MessageEntity, Span]]:
    """The entities of a message in their order, and where they are in its text: Telegram counts in UTF-16."""
    wide = text_of(message).encode("utf-16-le", "surrogatepass")

    def place(units: int) -> int:
        return len(wide[: 2 * units].decode("utf-16-le", "surrogatepass"))

    entities = message.entities if message.text else message.caption_entities
    marks = [(one, Span(place(one.offset), place(one.offset + one.length))) for one in entities]
    return sorted(marks, key=lambda mark: mark[1].start)


def without(text: str, spans: Sequence[Span]) -> str:
    """The text without what is taken out of it, and without the signs that are left before it by that."""
    if not spans:
        return text.strip()
    left, at = "", 0
    for span in sorted(spans, key=lambda span: span.start):
        left = f"{left}{text[at : span.start]}".rstrip(" ") + " "
        at = span.end
        while text.startswith(" ", at):
            at += 1
    return f"{left}{text[at:]}".lstrip(_SEPARATING).rstrip()


def _file(message: Message, document: Document) -> File:
    sender = message.from_user.id if message.from_user is not None else 0
    return File(document.file_id, document.file_name or "", document.file_size, sender)
