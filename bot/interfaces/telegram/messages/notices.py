"""What the bot says that is no answer: its greeting, its help, what it has read, what it asks back. Knows no chats."""

from __future__ import annotations

from collections.abc import Sequence

from bot.interfaces.telegram.messages.callbacks import AskPrepared, Forget, RemoveDocument
from bot.interfaces.telegram.messages.markup import Rich, formatted, joined, rich
from bot.interfaces.telegram.messages.rendering import Button, Message, button, messages, title_of
from prompts import counted, words
from retrieval.library.catalogue import Entry
from retrieval.loaders.file_types import SHORT_LIST
from retrieval.types import SHARED

_CROSS = "✕"
_MOST_LISTED = 50
_TITLES_NAMED = 3


def notice(name: str, language: str, **values: str) -> list[Message]:
    """The fixed words called `name`, with `values` filled in."""
    return messages(rich(words(name, language, **values)))


def start_messages(
    documents: Sequence[Entry], questions: Sequence[tuple[str, AskPrepared]], language: str
) -> list[Message]:
    """The greeting, with questions to begin with as buttons."""
    if not documents:
        return notice("start_empty", language)
    titles = ", ".join(
        words("quoted", language, title=title_of(entry.title, language)) for entry in documents[:_TITLES_NAMED]
    )
    if len(documents) > _TITLES_NAMED:
        titles = counted("documents", len(documents), language)
    said = [words("start", language, titles=titles), words("start_more", language)]
    if questions:
        said.append(words("start_questions", language))
    return messages(joined("\n\n", said), [(button(text, asked),) for text, asked in questions])


def help_messages(language: str, in_group: bool) -> list[Message]:
    """What the bot can do, how it behaves in a group, and what it keeps."""
    names = ["help", "group_hint", "privacy"] if in_group else ["help", "privacy"]
    return messages(joined("\n\n", [words(name, language, types=SHORT_LIST).strip() for name in names]))


def documents_messages(entries: Sequence[Entry], language: str) -> list[Message]:
    """What has been read: what everyone may ask about, and what belongs to the chat, with buttons that remove it."""
    shared = [entry for entry in entries if entry.owner == SHARED]
    own = [entry for entry in entries if entry.owner != SHARED]
    if not entries:
        return notice("no_documents", language)
    blocks: list[str | Rich] = [words("documents", language)]
    for name, listed in (("documents_shared", shared), ("documents_own", own)):
        if listed:
            blocks.append(_listing(words(name, language), listed, language))
    if own:
        blocks.append(words("documents_remove", language))
    rows = [(_remove(entry.title, entry.id, language),) for entry in own[:_MOST_LISTED]]
    return messages(joined("\n\n", blocks), rows)


def read_messages(entry: Entry, language: str) -> list[Message]:
    """A document has been read: how long it is, and a button that removes it."""
    title = title_of(entry.title, language)
    if entry.pages:
        said = words("read_pages", language, title=title, pages=counted("pages", len(entry.pages), language))
    else:
        said = words("read", language, title=title)
    return messages(rich(said), [(_remove(words("remove", language), entry.id, language),)])


def forget_messages(language: str) -> list[Message]:
    """Whether everything shall be deleted."""
    sure, kept = (button(words(f"forget_{name}", language), Forget(name == "yes")) for name in ("yes", "no"))
    return messages(rich(words("forget", language)), [(sure, kept)])


def _listing(heading: str, entries: Sequence[Entry], language: str) -> Rich:
    lines = [f"{title_of(entry.title, language)}{_pages(entry, language)}" for entry in entries[:_MOST_LISTED]]
    if len(entries) > _MOST_LISTED:
        lines.append(counted("more", len(entries) - _MOST_LISTED, language))
    return joined("\n", [formatted("bold", heading), *lines])


def _pages(entry: Entry, language: str) -> str:
    return f" ({counted('pages', len(entry.pages), language)})" if entry.pages else ""


def _remove(label: str, document: str, language: str) -> Button:
    return button(f"{_CROSS} {title_of(label, language)}", RemoveDocument(document))
