"""Reads the documents of a chat: files, links and long texts. They belong to that chat alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import NamedTuple

from bot.interfaces.telegram.api.updates import SentFile
from bot.interfaces.telegram.chat_context import ChatContext, FileUnavailableError
from bot.interfaces.telegram.message_handler import ask
from bot.interfaces.telegram.messages.markup import foreign
from bot.interfaces.telegram.messages.rendering import read_messages, title_of
from bot.storage.outbox import OutgoingMessage
from prompts import counted, words
from retrieval.library.catalogue import LibraryError
from retrieval.library.quota import QuotaError
from retrieval.loaders.encoding import storable
from retrieval.loaders.loading import MAX_BYTES, LoadingError, is_quick, load_bytes
from retrieval.loaders.registry import SHORT_LIST
from retrieval.types import Document

_MOST_LINKS = 5
_WORTH_TELLING = 3  # seconds that are left
_MEGABYTES = str(MAX_BYTES // 1024 // 1024)
_LONGEST_NAME = 255


class _Fetched(NamedTuple):
    """What reads a document, raising LoadingError, and whether that is done at once."""

    read: Callable[[], Document]
    quick: bool


def read_file(
    context: ChatContext, file: SentFile, question: str, beside: Sequence[SentFile] = (), *, earlier: bool = False
) -> list[OutgoingMessage]:
    """Read a file that was sent, and answer what was asked of it and of those `beside` it, which were read before.

    An `earlier` one may have been read already. Raises AbortedError once it is stopped.
    """
    name = _name(file.name)
    title = title_of(name, context.language)
    source = _source(file)
    if earlier and question:
        known = [entry.id for entry in context.entries() if (entry.owner, entry.source) == (context.asker, source)]
        if known:
            return ask(context, question, documents=known)
    if file.size is not None and file.size > MAX_BYTES:
        return context.say_notice("too_large", title=title, megabytes=_MEGABYTES)

    def fetch() -> _Fetched:
        data = context.client.download(file.id)
        read = partial(load_bytes, data, source=source, name=name or None, check=context.stop.check)
        return _Fetched(read, is_quick(data, name or None))

    others = {_source(one) for one in beside}
    known = [one.id for one in context.entries() if one.owner == context.asker and one.source in others]
    return _read(context, [(title, fetch)], question, file.sender, also=known)


def _source(file: SentFile) -> str:
    """What a file is called in the library: nobody replaces what somebody else sent."""
    return f"telegram/{file.sender}/{_name(file.name) or file.id}"


def read_links(context: ChatContext, links: Sequence[str], question: str) -> list[OutgoingMessage]:
    """Read web pages, and answer what was asked beside their links. Raises AbortedError once it is stopped."""
    chosen = list(dict.fromkeys(links))[:_MOST_LINKS]

    def fetch(link: str) -> _Fetched:
        return _Fetched(partial(context.footnote.load_web, link, check=context.stop.check), quick=False)

    fetches = [(link, partial(fetch, link)) for link in chosen]
    return _read(context, fetches, question, context.person.id, failed="link_failed")


def read_text(context: ChatContext, text: str, message: int) -> list[OutgoingMessage]:
    """Keep a long text that was pasted or forwarded as a document. Raises AbortedError once it is stopped."""
    data = text.encode("utf-8", "surrogatepass")
    opening = title_of(" ".join(text.split())[:80], context.language)
    read = partial(load_bytes, data, source=f"telegram/message {message}", check=context.stop.check)
    return _read(context, [(opening, lambda: _Fetched(read, is_quick(data)))], "", context.person.id)


def _read(
    context: ChatContext,
    fetches: Sequence[tuple[str, Callable[[], _Fetched]]],
    question: str,
    sender: int,
    failed: str = "",
    also: Sequence[str] = (),
) -> list[OutgoingMessage]:
    """Read documents (title, fetch), and answer the question; `failed` names the words for one that cannot be read.

    The question is asked of those that were read, and of `also`.
    """
    said: list[OutgoingMessage] = []
    read: list[str] = []
    for title, fetch in fetches:
        try:
            said += _add(context, title, fetch, read, sender)
        except FileUnavailableError:
            said += context.say_notice("document_lost", title=title)
        except LoadingError as error:
            address = title_of(title, context.language)
            values = {"title": title, "address": address, "megabytes": _MEGABYTES, "types": SHORT_LIST}
            name = error.fault if error.fault == "not_public" else failed or error.fault
            said += context.say_notice(name, **values)
        except QuotaError:
            own = sum(entry.owner == context.asker for entry in context.entries())
            count = counted("documents", own, context.language)
            said += context.say_notice("too_many_documents", documents=count, title=title)
            break
        except LibraryError:
            said += context.say_notice("no_text", title=title)
    if question and (read or also):
        said += ask(context, question, documents=[*also, *read])
    return said


def _add(
    context: ChatContext, title: str, fetch: Callable[[], _Fetched], read: list[str], sender: int
) -> list[OutgoingMessage]:
    title = foreign(title).text
    context.draft.text = words("reading", context.language, title=title)

    began = time.monotonic()

    def progress(step: str, done: int, total: int) -> None:
        if step != "embedded" or not 0 < done < total:
            return
        percent, left = str(100 * done // total), round((time.monotonic() - began) * (total - done) / done)
        if left < _WORTH_TELLING:
            context.draft.text = words("reading_part", context.language, title=title, percent=percent)
            return
        remaining = counted("seconds", left, context.language)
        context.draft.text = words("reading_left", context.language, title=title, percent=percent, time=remaining)

    fetched, bot = fetch(), context.footnote
    with nullcontext() if fetched.quick else context.heavy.turn(context.asker, context.stop):
        document = fetched.read()
        added = bot.library.add(document, context.asker, progress, context.stop.check, bot.quota)
    if context.footnote.topics.sender(added.id) is None:  # a page that is sent again stays with who sent it first
        context.footnote.topics.brought(added.id, sender)
    if context.topic.document is not None:  # what was just sent is to be asked about, too
        context.set_topic(context.topic._replace(document=None))
    read.append(added.id)
    entry = context.entry(added.id)
    if entry is None:  # removed meanwhile
        return context.say_notice("removed_already")
    if added.replaced:
        return context.say_notice("read_again", title=title_of(entry.title, context.language))
    return context.say(read_messages(entry, context.language))


def _name(name: str) -> str:
    """The name of a file that was sent: data, never a path."""
    last = re.split(r"[/\\]", storable(name))[-1]
    line = "".join(character if character.isprintable() else " " for character in last).strip()
    return "" if line in (".", "..") else line[-_LONGEST_NAME:]
