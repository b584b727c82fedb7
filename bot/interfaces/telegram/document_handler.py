"""Documents that are put into a chat: files, links and long texts. They belong to that chat alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from bot.interfaces.telegram.api.message_contents import File
from bot.interfaces.telegram.chat_context import LostError, Scene
from bot.interfaces.telegram.messages.notices import read_messages
from bot.interfaces.telegram.messages.rendering import title_of
from bot.interfaces.telegram.question_handler import ask
from bot.storage.outbox import Outgoing
from prompts import counted, words
from retrieval.library.catalogue import LibraryError
from retrieval.loaders.encoding import storable
from retrieval.loaders.file_types import SHORT_LIST
from retrieval.loaders.registry import MAX_BYTES, LoadingError, load_bytes
from retrieval.types import Document

MOST_DOCUMENTS = 100
"""Documents that a chat can have."""

_MOST_LINKS = 5
_MEGABYTES = str(MAX_BYTES // 1024 // 1024)
_LONGEST_NAME = 255


def read_file(scene: Scene, file: File, question: str, *, earlier: bool = False) -> list[Outgoing]:
    """Read a file that was sent, and answer what was asked of it; an `earlier` one may have been read already.

    Raises AbortedError once it is stopped.
    """
    name = _name(file.name)
    title = title_of(name, scene.language)
    source = f"telegram/{file.sender}/{name or file.id}"  # so that nobody replaces what somebody else sent
    if earlier and question:
        known = [entry.id for entry in scene.entries() if (entry.owner, entry.source) == (scene.asker, source)]
        if known:
            return ask(scene, question, documents=known)
    if file.size is not None and file.size > MAX_BYTES:
        return scene.tell("too_large", title=title, megabytes=_MEGABYTES)

    def load() -> Document:
        data = scene.line.download(file.id)
        return load_bytes(data, source=source, name=name or None)

    return _read(scene, [(title, load)], question, file.sender)


def read_links(scene: Scene, links: Sequence[str], question: str) -> list[Outgoing]:
    """Read pages of the web, and answer what was asked beside them. Raises AbortedError once it is stopped."""

    def loader(address: str) -> Callable[[], Document]:
        def load() -> Document:
            try:
                return scene.footnote.load_web(address)
            except LoadingError as error:
                raise _PageError(address) from error

        return load

    chosen = list(dict.fromkeys(links))[:_MOST_LINKS]
    return _read(scene, [(link, loader(link)) for link in chosen], question, scene.person.id)


def read_text(scene: Scene, text: str, message: int) -> list[Outgoing]:
    """Keep a long text that was pasted or forwarded as a document. Raises AbortedError once it is stopped."""
    data = text.encode("utf-8", "surrogatepass")
    opening = title_of(" ".join(text.split())[:80], scene.language)
    load = partial(load_bytes, data, source=f"telegram/message {message}")
    return _read(scene, [(opening, load)], "", scene.person.id)


class _PageError(Exception):
    """A page cannot be read; the argument is its address."""


def _read(
    scene: Scene, loads: Sequence[tuple[str, Callable[[], Document]]], question: str, sender: int
) -> list[Outgoing]:
    said: list[Outgoing] = []
    read: list[str] = []
    for title, load in loads:
        own = [entry for entry in scene.entries() if entry.owner == scene.asker]
        if len(own) >= MOST_DOCUMENTS:
            count = counted("documents", len(own), scene.language)
            said += scene.tell("too_many_documents", documents=count, title=title)
            break
        try:
            said += _add(scene, title, load, read, sender)
        except _PageError as error:
            said += scene.tell("link_failed", address=title_of(str(error), scene.language))
        except LostError:
            said += scene.tell("document_lost", title=title)
        except LoadingError as error:
            said += scene.tell(error.fault, title=title, megabytes=_MEGABYTES, types=SHORT_LIST)
        except LibraryError:
            said += scene.tell("no_text", title=title)
    if question and read:
        said += ask(scene, question, documents=read)
    return said


def _add(scene: Scene, title: str, load: Callable[[], Document], read: list[str], sender: int) -> list[Outgoing]:
    scene.draft.show(words("reading", scene.language, title=title))

    def progress(step: str, done: int, total: int) -> None:
        if step == "embedded":
            scene.stop.check()
            percent = str(100 * done // total)
            scene.draft.show(words("reading_part", scene.language, title=title, percent=percent))

    document = load()
    scene.stop.check()
    added = scene.footnote.library.add(document, scene.asker, progress)
    if scene.footnote.topics.sender(added.id) is None:  # a page that is sent again stays with who sent it first
        scene.footnote.topics.brought(added.id, sender)
    if scene.topic.document is not None:  # what was just sent is to be asked about, too
        scene.footnote.topics.set(scene.place.chat, scene.place.thread, scene.topic._replace(document=None))
    read.append(added.id)
    entry = scene.entry(added.id)
    if entry is None:  # removed meanwhile
        return scene.tell("removed_already")
    if added.replaced:
        return scene.tell("read_again", title=title_of(entry.title, scene.language))
    return scene.say(read_messages(entry, scene.language))


def _name(name: str) -> str:
    """The name of a file that was sent: data, never a path."""
    last = re.split(r"[/\\]", storable(name))[-1]
    line = "".join(character if character.isprintable() else " " for character in last).strip()
    return "" if line in (".", "..") else line[-_LONGEST_NAME:]
