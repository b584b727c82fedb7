"""A Chroma server that is away, comes back, has lost everything, or is none: one line, and nothing lost for good."""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromadb.errors import InternalError
from looking_inside import check_in_step, collections, facts
from loopback import Site, answer
from servers import Chroma, free_port

from bot.bootstrap import Footnote
from retrieval.index import chroma_remote
from retrieval.index.chroma import VectorIndexError, prefix
from retrieval.types import SHARED
from tests.conftest import Opener

QUESTION = "sea mammals with tusks"


@pytest.fixture(scope="module")
def started() -> Iterator[Chroma]:
    """A server that a test may kill, so long as it restarts it."""
    made = Chroma()
    yield made
    made.stop()


@pytest.fixture
def server(started: Chroma, monkeypatch: pytest.MonkeyPatch) -> Chroma:
    """The server, which the Footnotes of the test use."""
    monkeypatch.setenv("FOOTNOTE_CHROMA_URL", started.url)
    return started


def refused(call: Callable[[], object], url: str) -> str:
    """The one line with which it fails."""
    with pytest.raises(VectorIndexError) as raised:
        call()
    said = str(raised.value)
    assert "\n" not in said
    assert url in said
    return said


def found(footnote: Footnote) -> list[tuple[str, float]]:
    """What a search finds, with the similarities."""
    return [(one.text, round(one.similarity, 4)) for one in footnote.search.search(QUESTION, "local", limit=50)]


def check_refuses_everything(footnote: Footnote, url: str) -> None:
    """Neither question nor document is taken, and the database is as it was."""
    assert "FOOTNOTE_CHROMA_URL" in refused(lambda: footnote.search.search(QUESTION, "local"), url)
    refused(lambda: footnote.library.add(facts("otters", 3, "late")), url)
    assert [entry.source for entry in footnote.library.entries([SHARED])] == []


def test_no_server(open_footnote: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, it is said in one line."""
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("FOOTNOTE_CHROMA_URL", url)
    check_refuses_everything(open_footnote(), url)


def test_server_that_never_answers(open_footnote: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes connections and says nothing is given up after a while."""
    monkeypatch.setattr(chroma_remote, "_CONNECTS_WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        monkeypatch.setenv("FOOTNOTE_CHROMA_URL", url)
        check_refuses_everything(open_footnote(), url)


@pytest.mark.parametrize(
    ("status", "content"),
    [(404, "<h1>Not found</h1>"), (200, "<h1>Welcome</h1>"), (200, "{}"), (200, "[1]"), (500, ""), (302, "")],
)
def test_another_web_server(
    status: int, content: str, site: Site, open_footnote: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A web server that is no Chroma is refused in one line, whatever it answers."""
    site.answers = defaultdict(lambda: answer(content.encode(), status=f"{status} x"))
    monkeypatch.setenv("FOOTNOTE_CHROMA_URL", site.url)
    check_refuses_everything(open_footnote(), site.url)


def test_killed_and_started_again(server: Chroma, open_footnote: Opener) -> None:
    """While the server is away it is said, and documents are removed all the same; once it is there again, whoever was
    running goes on as before, and the next repair deletes the vectors of what was removed.
    """
    writer, reader = open_footnote(), open_footnote()
    going = writer.library.add(facts("marmots", 3, "going"))
    writer.library.add(facts("walruses", 3))
    before = found(reader)
    server.kill()
    refused(lambda: found(reader), server.url)
    refused(lambda: writer.library.add(facts("otters", 3, "late")), server.url)
    writer.library.remove(going.id, [SHARED])
    writer.close()
    again = open_footnote()
    assert [entry.source for entry in again.library.entries([SHARED])] == ["facts"]
    server.restart()
    assert found(reader) == found(again) == [(text, nearness) for text, nearness in before if "walruses" in text]
    assert not reader.state.read().lost
    again.library.add(facts("otters", 3, "late"))
    assert len(found(reader)) == 6
    again.library.repair()
    check_in_step(again)


@pytest.mark.parametrize("step", [pytest.param("claimed", marks=pytest.mark.long), "embedded", "indexed", "ready"])
def test_killed_in_the_midst_of_an_add(step: str, server: Chroma, open_footnote: Opener) -> None:
    """An add whose server dies is told so, unless the document is in by then; it is whole or absent in the end."""
    writer = open_footnote()
    writer.library.add(facts("walruses", 3, "first"))

    def progress(name: str, done: int, total: int) -> None:
        if name == step:
            server.kill()

    late = facts("otters", 70, "late")
    replacing = facts("marmots", 2, "first")
    if step == "ready":  # the old revision's vectors cannot be deleted now
        assert writer.library.add(replacing, progress=progress).replaced
        wanted = {"first": replacing.text}
    else:
        refused(lambda: writer.library.add(late, progress=progress), server.url)
        wanted = {"first": facts("walruses", 3).text}
    server.restart()
    footnote = open_footnote()
    texts = {one.source: footnote.library.words(one.id, [SHARED]) for one in footnote.library.entries([SHARED])}
    assert texts == wanted
    check_in_step(footnote)
    writer.library.add(late)
    check_in_step(footnote)


def test_everything_lost(server: Chroma, tmp_path: Path, open_footnote: Opener) -> None:
    """A server that came back empty is noticed, and the very next search answers as before: of a running reader, of a
    new one, and after an add.
    """
    libraries = {who: open_footnote(tmp_path / who) for who in ("running", "new", "adding")}
    for footnote in libraries.values():
        footnote.library.add(facts("walruses", 3, "shared"))
        footnote.library.add(facts("marmots", 3, "private"), "local")
    before = found(libraries["running"])
    server.kill()
    server.restart(empty=True)
    assert found(libraries["running"]) == before
    assert found(open_footnote(tmp_path / "new")) == before
    libraries["adding"].library.add(facts("otters", 3, "late"))
    assert len(found(libraries["adding"])) == 9
    for footnote in libraries.values():
        check_in_step(footnote)
        assert not footnote.state.read().lost


def test_lost_behind_an_open_connection(server: Chroma, open_footnote: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collections that vanish while the server runs are noticed at the next count, and made again."""
    footnote = open_footnote()
    footnote.library.add(facts("walruses", 3, "shared"))
    footnote.library.add(facts("marmots", 3, "private"), "local")
    before = found(footnote)
    library = prefix(footnote.state.read())
    footnote.vectors._backend.read(lambda view: view.client.delete_collection(f"{library}private-0"), None)
    monkeypatch.setattr(chroma_remote, "_COUNTED_EVERY", 0.0)
    assert found(footnote) == before
    assert footnote.state.read().losses == 1
    check_in_step(footnote)


def test_a_vector_deleted_in_the_midst_of_a_query(server: Chroma, open_footnote: Opener) -> None:
    """Chroma fails with an internal error then, once in thousands of queries: it is asked again, and only then told."""
    tries: list[object] = []

    def look(client: object) -> str:
        tries.append(client)
        if len(tries) != 2:
            raise InternalError("Error finding id")
        return "found"

    backend = open_footnote().vectors._backend
    assert backend.read(look, "") == "found"
    with pytest.raises(VectorIndexError, match="Error finding id"):
        backend.read(look, "")
    assert len(tries) == 4


def test_two_libraries_on_one_server(server: Chroma, tmp_path: Path, open_footnote: Opener) -> None:
    """Two libraries on one server see nothing of each other, and what one loses or makes anew is not the other's."""
    one, other = open_footnote(tmp_path / "one"), open_footnote(tmp_path / "other")
    one.library.add(facts("walruses", 3))
    one.library.add(facts("marmots", 3), "local")
    before = found(one)
    assert found(other) == []
    other.library.add(facts("otters", 5))
    theirs = found(other)
    assert {text.rstrip(".").split()[-1] for text, _ in theirs} == {"otters"}
    assert found(one) == before
    assert one.vectors.count() == (3, 3)
    assert other.vectors.count() == (5, 0)

    other.library.reindex()
    assert found(other) == theirs
    assert list(collections(other)) == ["shared-1"]
    other.library.remove(other.library.entries([SHARED])[0].id, [SHARED])
    assert found(other) == []
    assert found(one) == before
    assert not one.state.read().lost
    check_in_step(one)
    check_in_step(other)


def test_removed_between_two_counts(server: Chroma, open_footnote: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process removes while vectors are counted is no loss, and a loss that is none makes nothing anew."""
    footnote, other = open_footnote(), open_footnote()
    for number in range(4):
        footnote.library.add(facts("walruses", 3, f"text {number}"))
    before = found(footnote)
    count = chroma_remote.held

    def interfered(*arguments: object) -> tuple[int, int]:
        monkeypatch.setattr(chroma_remote, "held", count)  # once
        other.library.remove(other.library.entries([SHARED])[-1].id, [SHARED])
        return count(*arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(chroma_remote, "held", interfered)
    footnote.close()
    assert len(found(footnote)) == len(before) - 3
    assert footnote.state.read().losses == 0
    footnote.state.lose()
    vectors = collections(footnote)
    footnote.library.repair()
    assert collections(footnote) == vectors
    check_in_step(footnote)
