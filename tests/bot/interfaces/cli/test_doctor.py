"""The doctor: it tries every part, repairs what it can, and compares what is there with what there should be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.bootstrap import Footnote
from bot.interfaces.cli.doctor import Finding, examine
from retrieval.index.chroma_local import ChromaFolder
from retrieval.index.vector_index import VectorIndex
from retrieval.library.library import Library
from retrieval.types import SHARED, Document
from tests.conftest import Opener

SUBJECTS = [
    *(
        "settings",
        "HTTP",
        "inner network",
        "data folder",
        "database",
        "library",
        "model",
        "reader",
        "chat model",
        "vectors",
        "web pages",
    ),
    "Telegram",
]


@pytest.fixture
def filled(open_footnote: Opener) -> Footnote:
    """A library of a shared document and a private one."""
    footnote = open_footnote()
    footnote.library.add(Document("a", "Bridges", "The bridge opened in spring."))
    footnote.library.add(Document("b", "Ferries", "The ferry sank in autumn."), "local")
    return footnote


def examined(footnote: Footnote) -> dict[str, Finding]:
    """The findings by their subjects."""
    return {finding.subject: finding for finding in examine(footnote.settings.data_dir)}


def test_everything_is_well(filled: Footnote) -> None:
    """A whole library has twelve findings, in the order in which parts build on each other; vectors are counted."""
    found = examined(filled)
    assert list(found) == SUBJECTS
    assert all(finding.well for finding in found.values())
    assert found["vectors"].says == "2 vectors for 2 passages"


def test_the_reader_is_tried(filled: Footnote, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads an answer where there is one and doubts where there is none; switched off, the doctor says so."""
    assert examined(filled)["reader"].says.startswith("reads: an answer ")
    monkeypatch.setenv("FOOTNOTE_READER", "off")
    assert examined(filled)["reader"].says == "off: likeness alone tells whether a text answers"


def test_a_library_that_does_not_load_is_told(
    filled: Footnote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Web pages are still read when trafilatura cannot be imported, with their menus: the doctor says so."""
    (tmp_path / "trafilatura.py").write_text("import a_part_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = examined(filled)["web pages"]
    assert not found.well and "trafilatura does not work" in found.says


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_lost_vectors_are_made_again(how: str, filled: Footnote) -> None:
    """Lost vectors are made again while the doctor looks, and it says so truly: they are there."""
    filled.close()
    folder = filled.settings.data_dir / "chroma"
    if how == "deleted":
        shutil.rmtree(folder)
    else:
        (folder / "chroma.sqlite3").write_bytes(b"")
    found = examined(filled)
    assert found["vectors"] == Finding("vectors", True, "2 vectors for 2 passages")
    assert filled.vectors.count() == (1, 1)


def test_missing_vectors_are_a_fault(filled: Footnote, tmp_path: Path) -> None:
    """Vectors that are fewer than passages, and that repair does not bring back, are a fault that says what to do."""
    from bot.interfaces.cli.doctor import FaultError, _vectors

    (entry,) = filled.library.entries([SHARED])
    filled.vectors.delete(SHARED, entry.id, entry.revision)
    home = ChromaFolder(tmp_path / "elsewhere", filled.state, lambda: (0, 0))
    elsewhere = VectorIndex(home, lambda: (filled.embedder().name, 384), filled.state)
    filled.library = Library(filled.engine, elsewhere, filled.embedder)
    with pytest.raises(FaultError, match="0 vectors for 1 shared passages") as raised:
        _vectors(filled)
    assert "footnote reindex" in str(raised.value)
    elsewhere.close()


def test_it_says_whom_the_server_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and webhooks are told by their names, each once; a secret is never printed."""
    assert "this machine only" in _of_http(tmp_path)
    monkeypatch.setenv("FOOTNOTE_API_KEYS", "ann:open-sesame-sesame,bob:open-barley-barley,ann:open-rye-rye-rye-rye")
    monkeypatch.setenv("FOOTNOTE_WEBHOOK_SECRETS", "shop:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = _of_http(tmp_path)
    assert said == "for the keys of ann, bob; webhooks from shop"


def test_it_says_how_wide_the_lists_of_inner_hosts_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be read and what may be sent replies are two lists, each told with its width."""
    monkeypatch.setenv("FOOTNOTE_FETCH_ALLOWED", "wiki.internal")
    monkeypatch.setenv("FOOTNOTE_OUTBOUND_ALLOWED", "10.0.0.0/8")
    said = next(finding.says for finding in examine(tmp_path) if finding.subject == "inner network")
    assert "read: 1 by name, 0 by number (FOOTNOTE_FETCH_ALLOWED)" in said
    assert "replies: 0 by name, 16,777,216 by number (FOOTNOTE_OUTBOUND_ALLOWED)" in said


def _of_http(data_dir: Path) -> str:
    return next(finding.says for finding in examine(data_dir) if finding.subject == "HTTP")


def test_what_it_says_is_safe_to_print(tmp_path: Path) -> None:
    """A folder whose name could steer the terminal is named without its control characters, in one line."""
    folder = tmp_path / "da\x1b[2Jta\nok   everything"
    for data_dir in (folder, folder / "footnote.db" / "under a file"):
        said = [finding.says for finding in examine(data_dir)]
        assert any("everything" in one for one in said)
        assert all(one.isprintable() for one in said)
