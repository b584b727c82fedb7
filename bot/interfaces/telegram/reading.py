"""Documents that are put into a chat: files, links and long texts. They belong to that chat alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.interfaces.telegram.asking import ask
from bot.interfaces.telegram.notices import read_messages
from bot.interfaces.telegram.rendering import title_of
from bot.interfaces.telegram.scene import LostError, Scene
from bot.interfaces.telegram.updates import File
from bot.outbox import Outgoing
from prompts import counted, words
from retrieval.catalogue import LibraryError
from retrieval.decoding import storable
from retrieval.loading import MAX_BYTES, LoadingError, load_bytes
from retrieval.passages import Document

MOST_DOCUMENTS = 100
"""Documents that a chat can have."""

_MOST_LINKS = 5
_MEGABYTES = str(MAX_BYTES // 1024 // 1024)
_LONGEST_NAME = 255


def read_file(scene: Scene, file: File, question: str) -> list[Outgoing]:
    """Read a file that was sent, and answer what was asked under it. Raises GoneError once it is stopped."""
    name = _name(file.name)
    title = title_of(name, scene.language)
    if file.size is not None and file.size > MAX_BYTES:
        return scene.tell("too_large", title=title, megabytes=_MEGABYTES)

    def load() -> Document:
        data = scene.line.download(file.id)
        return load_bytes(data, source=f"telegram/{name or file.id}", name=name or None)

    return _read(scene, [(title, load)], question)


def read_links(scene: Scene, links: Sequence[str], question: str) -> list[Outgoing]:
    """Read pages of the web, and answer what was asked beside them. Raises GoneError once it is stopped."""

    def loader(address: str) -> Callable[[], Document]:
        def load() -> Document:
            try:
                return scene.footnote.load_web(address)
            except LoadingError as error:
                raise _PageError(address) from error

        return load

    return _read(scene, [(link, loader(link)) for link in dict.fromkeys(links[:_MOST_LINKS])], question)


def read_text(scene: Scene, text: str, message: int) -> list[Outgoing]:
    """Keep a long text that was pasted or forwarded as a document. Raises GoneError once it is stopped."""
    data = text.encode("utf-8", "surrogatepass")
    opening = title_of(" ".join(text.split())[:80], scene.language)
    return _read(scene, [(opening, lambda: load_bytes(data, source=f"telegram/message {message}"))], "")


class _PageError(Exception):
    """A page cannot be read; the argument is its address."""


def _read(scene: Scene, loads: Sequence[tuple[str, Callable[[], Document]]], question: str) -> list[Outgoing]:
    said: list[Outgoing] = []
    read: list[str] = []
    for title, load in loads:
        own = [entry for entry in scene.entries() if entry.owner == scene.asker]
        if len(own) >= MOST_DOCUMENTS:
            count = counted("documents", len(own), scene.language)
            said += scene.tell("too_many_documents", documents=count, title=title)
            break
        try:
            said += _add(scene, title, load, read)
        except _PageError as error:
            said += scene.tell("link_failed", address=title_of(str(error), scene.language))
        except LostError:
            said += scene.tell("document_lost", title=title)
        except LoadingError as error:
            said += scene.tell(error.fault, title=title, megabytes=_MEGABYTES)
        except LibraryError:
            said += scene.tell("no_text", title=title)
    if question and read:
        said += ask(scene, question, documents=read)
    return said


def _add(scene: Scene, title: str, load: Callable[[], Document], read: list[str]) -> list[Outgoing]:
    scene.draft.show(words("reading", scene.language, title=title))

    def progress(step: str, done: int, total: int) -> None:
        if step == "embedded":
            scene.stop.check()
            percent = str(100 * done // total)
            scene.draft.show(words("reading_part", scene.language, title=title, percent=percent))

    document = load()
    scene.stop.check()
    added = scene.footnote.library.add(document, scene.asker, progress)
    scene.footnote.topics.brought(added.id, scene.person.id)
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
