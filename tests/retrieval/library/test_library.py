"""The library: whole documents or none, whoever adds, replaces or removes them, and nobody reads what is not theirs."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from looking_inside import Another, check_in_step, facts, go_together, stored_passages, time_passes, vector_ids

from bot.bootstrap import Footnote
from retrieval.chunking.chunker import split
from retrieval.index.keyword_index import having
from retrieval.library.catalogue import LibraryError
from retrieval.library.library import Library
from retrieval.library.revisions import claim
from retrieval.loaders.loading import load_path
from retrieval.store.database import reading, writing
from retrieval.store.state import set_state
from retrieval.store.tables import passage_tokens, revisions
from retrieval.types import SHARED, Document, Span
from tests.conftest import Opener

pytestmark = pytest.mark.both_topologies

ARTICLE = Path(__file__).parents[3] / "seeds" / "china-russia-diplomatic-ties.txt"
MINE = [SHARED, "local"]


def texts(footnote: Footnote, question: str, asker: str = "local", documents: list[str] | None = None) -> list[str]:
    """The words of the 50 best passages."""
    return [found.text for found in footnote.search.search(question, asker, documents, limit=50)]


def matching(footnote: Footnote, token: str) -> int:
    """How many rows of the full-text table hold a token."""
    with reading(footnote.engine) as connection:
        query = sa.select(sa.func.count()).select_from(passage_tokens).where(having(connection, [token]))
        return int(connection.execute(query).scalar_one())


def test_added_document_reads_back(footnote: Footnote) -> None:
    """What was added is listed, found by id, prefix and source, and reads back to the character."""
    text = "First 😀 line.\r\n\r\nZweite Zeile: Grüße! 他来了。\ta\u0301\u200d\ufeff\u2028 \U0010ffff end\\n'%"
    document = Document("notes/α.txt", "Ünïcode", text, url="https://a.b/c")
    added = footnote.library.add(document)
    assert (added.replaced, added.unchanged, added.title) == (False, False, "Ünïcode")
    (entry,) = footnote.library.entries([SHARED])
    assert (entry.id, entry.source, entry.title, entry.url) == (added.id, "notes/α.txt", "Ünïcode", "https://a.b/c")
    assert (entry.passages, entry.characters) == (added.passages, len(document.text))
    for reference in (entry.id, entry.id[:4], "notes/α.txt"):
        assert footnote.library.find(reference, [SHARED]) == entry
    assert footnote.library.words(entry.id, [SHARED]) == document.text
    for start in range(len(document.text)):
        span = Span(start, start + 9)
        assert footnote.library.words(entry.id, [SHARED], span) == span.of(document.text)
    with pytest.raises(LibraryError):
        footnote.library.words(entry.id, [SHARED], revision=entry.revision + 1)


def test_nothing_to_ask_about(footnote: Footnote) -> None:
    """A document of white space or boilerplate only is refused and leaves nothing."""
    for document in (Document("empty", "Empty", " \n"), Document("menu", "Menu", "Share.", (Span(0, 6),))):
        with pytest.raises(LibraryError, match="holds no text"):
            footnote.library.add(document)
    assert footnote.library.entries([SHARED]) == []
    check_in_step(footnote)


def test_changed_sentence_is_never_found_again(open_footnote: Opener) -> None:
    """A document re-added with a changed sentence: the old one is in neither index, nor found by an earlier reader."""
    footnote, reader = open_footnote(), open_footnote()
    before = "The bridge opened in spring.\n\nIts architect was Aurelia Quandt."
    after = "The bridge opened in spring.\n\nIts architect was Bertil Ohlsson."
    first = footnote.library.add(Document("bridge", "The bridge", before))
    old = vector_ids(footnote)
    assert any("Quandt" in text for text in texts(reader, "Who is Aurelia Quandt?"))
    second = footnote.library.add(Document("bridge", "The bridge", after))
    assert (second.id, second.replaced, second.unchanged) == (first.id, True, False)
    for asked in (footnote, reader):
        found = texts(asked, "Who is Aurelia Quandt?")
        assert found
        assert not any("Quandt" in text for text in found)
        assert any("Ohlsson" in text for text in texts(asked, "architect"))
    assert (matching(footnote, "quandt"), matching(footnote, "ohlsson")) == (0, 1)
    assert vector_ids(footnote).isdisjoint(old)
    check_in_step(footnote)


def test_same_text_writes_nothing(footnote: Footnote) -> None:
    """The same text again is `unchanged`: no new revision, no row and no vector written."""
    document = facts("marmots", 3)
    first = footnote.library.add(document)
    with reading(footnote.engine) as connection:
        rows = connection.execute(sa.select(revisions)).all()
    generation = footnote.state.read().generation
    again = footnote.library.add(document)
    assert (again.id, again.unchanged, again.replaced, again.passages) == (first.id, True, False, 3)
    with reading(footnote.engine) as connection:
        assert connection.execute(sa.select(revisions)).all() == rows
    assert footnote.state.read().generation == generation


def test_same_source_of_two_owners(footnote: Footnote) -> None:
    """The same source owned by two askers and removed by one: the other's still answers."""
    document = facts("marmots", 3)
    mine = footnote.library.add(document, "chat:1")
    theirs = footnote.library.add(document, "chat:2")
    assert mine.id != theirs.id
    footnote.library.remove(mine.id, ["chat:1"])
    assert texts(footnote, "marmots", "chat:1") == []
    assert len(texts(footnote, "marmots", "chat:2")) == 3
    check_in_step(footnote)


def test_foreign_documents_are_not_found(footnote: Footnote) -> None:
    """Nothing of another asker's shows, by whatever door, and it reads the same as what does not exist."""
    foreign = footnote.library.add(facts("marmots", 4), "chat:2")
    own = footnote.library.add(facts("walruses", 2), "chat:1")
    readable = [SHARED, "chat:1"]
    assert {entry.id for entry in footnote.library.entries(readable)} == {own.id}
    assert not any("marmots" in text for text in texts(footnote, "marmots", "chat:1"))
    assert texts(footnote, "marmots", "chat:1", documents=[foreign.id]) == []
    assert texts(footnote, "marmots", "chat:1", documents=[foreign.id, own.id]) != []
    assert footnote.search.outline(foreign.id, "chat:1") == []
    for reading_it in (
        lambda one: footnote.library.find(one, readable),
        lambda one: footnote.library.words(one, readable),
        lambda one: footnote.library.remove(one, readable),
    ):
        messages = []
        for one in (foreign.id, "0" * 12):
            with pytest.raises(LibraryError) as raised:
                reading_it(one)
            messages.append(str(raised.value).replace(one, "…"))
        assert messages[0] == messages[1]
    assert len(footnote.library.entries(["chat:2"])) == 1


def test_own_passages_among_many_foreign_ones(footnote: Footnote) -> None:
    """With 300 passages of others on the same subject, an asker's own three are all found, unmoved by the others."""
    own = footnote.library.add(facts("marmots", 3, "own"), "chat:1")
    before = footnote.search.search("What is fact 1 about marmots?", "chat:1", limit=50)
    weights = footnote.search.statistics("fact marmots zebras", "chat:1")
    for other in range(2, 7):
        footnote.library.add(facts("marmots", 60, f"other {other}"), f"chat:{other}")
    after = footnote.search.search("What is fact 1 about marmots?", "chat:1", limit=50)
    assert {found.origin.id for found in after} == {own.id}
    assert len(after) == 3
    assert after == before
    assert footnote.search.statistics("fact marmots zebras", "chat:1") == weights


def test_removed_document_is_gone(footnote: Footnote) -> None:
    """A removed document is in neither index, and its source can be added again."""
    gone = footnote.library.add(facts("marmots", 70))
    kept = footnote.library.add(facts("walruses", 2, "kept"))
    footnote.library.remove(gone.id, [SHARED])
    assert matching(footnote, "marmot") == 0
    assert all(key.startswith(kept.id) for key in vector_ids(footnote))
    check_in_step(footnote)
    assert not any("marmots" in text for text in texts(footnote, "marmots"))
    with pytest.raises(LibraryError, match=f"There is no document {gone.id}"):
        footnote.library.remove(gone.id, [SHARED])
    assert not footnote.library.add(facts("marmots", 70)).replaced


def test_a_lease_from_before_the_clock_was_set_back_is_over(footnote: Footnote) -> None:
    """What a process left that was killed before the clock was set back a day is cleared away at the next start; what
    one on a machine whose clock is some seconds ahead is adding is not.
    """
    name = footnote.embedder().name
    for source, lease in (("left", 24 * 3600.0), ("adding", 90.0)):
        with writing(footnote.engine) as connection:
            claim(connection, facts("marmots", 3, source), SHARED, lease, name)
    assert footnote.library.repair() == 0  # the library repairs itself as it is opened
    with reading(footnote.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(revisions)).scalar() == 1


def test_an_add_that_was_overtaken(tmp_path: Path, open_footnote: Opener) -> None:
    """An add in whose midst its document is removed, its lease runs out and another adds the same, the vectors are
    lost, or another index comes to serve, is refused in one line and leaves nothing; what was done meanwhile holds.
    """
    footnote = open_footnote()
    removed = footnote.library.add(facts("marmots", 3, "removed"))

    def sleep() -> None:
        assert time_passes(footnote) == footnote.library.repair() == 1
        footnote.library.add(facts("otters", 3, "slept"))

    meanwhile: dict[str, Callable[[], object]] = {
        "removed": lambda: footnote.library.remove(removed.id, [SHARED]),
        "slept": sleep,
        "lost": footnote.state.lose,
        "switched": footnote.library.reindex,
    }
    documents = [facts("walruses", 70, source) for source in meanwhile]
    adder = Another("add", tmp_path / "data", documents, hold=["indexed", 1]).go()
    for source, happens in meanwhile.items():
        assert adder.says() == {"step": "held"}
        happens()
        assert "Add it again" in adder.go().says()["refused"]
        assert footnote.state.read().lost == (source == "lost")
        footnote.library.repair()
        assert not footnote.state.read().lost
    assert adder.end() == (0, [])
    assert [entry.source for entry in footnote.library.entries([SHARED])] == ["slept"]
    assert len(texts(footnote, "otters")) == 3
    check_in_step(footnote)


def test_several_add_at_once(tmp_path: Path, open_footnote: Opener) -> None:
    """Three processes add different and the same documents at once, a reader asking: each is there once and whole."""
    reader = open_footnote()
    reader.library.add(facts("walruses", 3, "anchor"))
    same = [facts(f"badger{n}", 2, f"same {n}") for n in range(4)]
    own = [[facts(f"otter{who}{n}", 2, f"own {who} {n}") for n in range(3)] for who in range(3)]
    contested = [[facts(f"beaver{who}{n}", 2 + who, f"contested {n}") for n in range(3)] for who in range(3)]
    plans = [[*own[who], *same, *contested[who]] for who in range(3)]
    for who, plan in enumerate(plans):
        random.Random(who).shuffle(plan)
    adders = [Another("add", tmp_path / "data", plan) for plan in plans]
    go_together(adders)
    while any(adder.running() for adder in adders):
        (best, *_) = reader.search.search("sea mammals with tusks: walruses", "local")
        assert best.text.endswith("walruses.") and best.similarity > 0
    for status, said in [adder.end() for adder in adders]:
        assert status == 0
        assert ["id" in line for line in said] == [True] * 10
    shown = {entry.source: entry for entry in reader.library.entries([SHARED])}
    assert len(shown) == len(reader.library.entries([SHARED])) == 1 + 4 + 9 + 3
    wanted = {one.source: {one.text} for one in [*same, *(one for some in own for one in some)]}
    wanted |= {f"contested {n}": {some[n].text for some in contested} for n in range(3)}
    for source, allowed in wanted.items():
        entry = shown[source]
        words = reader.library.words(entry.id, [SHARED])
        assert words in allowed
        found = reader.search.search(words.split(".")[0], "local", limit=50)
        assert source in [one.origin.source for one in found if one.similarity > 0 and one.keyword > 0]
    check_in_step(reader)


def test_two_threads_add_the_same_source(footnote: Footnote) -> None:
    """Several threads that add texts of one source at once leave one of them, whole."""
    versions = [facts(f"animal{n}", 5) for n in range(4)]
    footnote.embedder()
    assert isinstance(footnote.library, Library)
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(footnote.library.add, versions))) == 4
    (entry,) = footnote.library.entries([SHARED])
    assert footnote.library.words(entry.id, [SHARED]) in {version.text for version in versions}
    check_in_step(footnote)


def test_readers_while_another_process_adds(tmp_path: Path, open_footnote: Opener) -> None:
    """Searches in four threads go on undisturbed, and each text is found at the next search after it was added."""
    reader = open_footnote()
    reader.library.add(facts("marmots", 3, "stays"))
    words = ["walruses", "volcanoes", "violins", "glaciers", "bread", "chess"]
    adder = Another("add", tmp_path / "data", [facts(word, 2, word) for word in words])
    adder.until_ready()

    def read(_: int) -> None:
        while adder.running():
            assert len([text for text in texts(reader, "marmots") if "marmots" in text]) == 3

    adder.go()
    with ThreadPoolExecutor(4) as pool:
        readers = pool.map(read, range(4))
        for word in words:
            assert "id" in adder.says()
            (best, *_) = reader.search.search(word, "local")
            assert (best.origin.source, best.similarity > 0, best.keyword > 0) == (word, True, True)
        assert adder.end() == (0, [])
        list(readers)  # raises what failed


@pytest.mark.parametrize("step", ["claimed", "embedded", "indexed"])
def test_interrupted_add(step: str, footnote: Footnote) -> None:
    """An add that fails or is interrupted before it is ready, one batch of its vectors written, leaves the library as
    it was, at once.
    """
    footnote.library.add(facts("marmots", 2))
    before = vector_ids(footnote)

    def interrupt(now: str, done: int, total: int) -> None:
        if now == step:
            raise KeyboardInterrupt

    for document in (facts("walruses", 70), facts("walruses", 70, "new")):
        with pytest.raises(KeyboardInterrupt):
            footnote.library.add(document, progress=interrupt)
    assert vector_ids(footnote) == before
    check_in_step(footnote)
    assert [entry.source for entry in footnote.library.entries([SHARED])] == ["facts"]
    assert all("marmots" in text for text in texts(footnote, "walruses"))


def test_progress_counts_every_passage(footnote: Footnote) -> None:
    """Progress names every step in its order and counts to the passages there are."""
    steps: list[tuple[str, int, int]] = []
    footnote.library.add(facts("marmots", 70), progress=lambda *step: steps.append(step))
    assert list(dict.fromkeys(step for step, _, _ in steps)) == ["claimed", "embedded", "indexed", "ready", "swept"]
    for name in ("embedded", "indexed"):
        done = [done for step, done, total in steps if step == name and total == 70]
        assert done == sorted(set(done)) and done[-1] == 70


def test_seed_once_in_a_life(open_footnote: Opener) -> None:
    """The article is there from the start, once: removed, it stays removed, also after a restart."""
    first = open_footnote()
    assert first.seed()
    (entry,) = first.library.entries([SHARED])
    assert first.search.search("Who is China's foreign ministry spokesperson?", "local")
    assert not first.seed()
    first.library.remove(entry.id, [SHARED])
    assert not first.seed()
    second = open_footnote()
    assert not second.seed()
    assert second.library.entries([SHARED]) == []


def test_no_seed_beside_documents(footnote: Footnote) -> None:
    """A library that already holds a document is never seeded, not even once that is removed."""
    added = footnote.library.add(facts("marmots", 1), "local")
    assert not footnote.seed()
    footnote.library.remove(added.id, ["local"])
    assert not footnote.seed()
    assert footnote.library.entries(MINE) == []


def test_repair_of_nothing_writes_nothing(footnote: Footnote) -> None:
    """Repair finds nothing to do in a library that is whole."""
    footnote.library.add(facts("marmots", 1))
    generation = footnote.state.read().generation
    assert footnote.library.repair() == 0
    assert footnote.state.read().generation == generation
    with reading(footnote.engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(revisions)) == 1


def test_keywords_of_an_earlier_version(footnote: Footnote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that an earlier version read otherwise are found after a repair; the others are left as they are."""
    with monkeypatch.context() as before:
        before.setattr("retrieval.library.revisions.tokens", lambda text: text.lower().replace(".", "").split())
        for source, text in {"th": "ประเทศไทยมีอาหารอร่อย", "ar": "وصل القطار إلى المحطة", "en": "Whales Swim."}.items():
            footnote.library.add(Document(source, "", text))
    with writing(footnote.engine) as connection:
        set_state(connection, "tokenizer", None)
    assert not matching(footnote, "อาห")
    footnote.library.repair()
    check_in_step(footnote)
    assert matching(footnote, "อาห")
    assert matching(footnote, "محطة")
    assert matching(footnote, "whales")
    footnote.library.reindex()
    check_in_step(footnote)
    assert matching(footnote, "whale")
    assert not matching(footnote, "whales")


def test_find_names_several(footnote: Footnote) -> None:
    """A reference that fits several documents is refused, with their ids; an empty one fits none."""
    ids = [footnote.library.add(facts("marmots", 1, f"source {n}")).id for n in range(17)]
    first = [one[0] for one in ids]
    twice = next(letter for letter in first if first.count(letter) > 1)  # 17 ids, 16 first letters
    with pytest.raises(LibraryError, match=f"fits {first.count(twice)} documents"):
        footnote.library.find(twice, [SHARED])
    with pytest.raises(LibraryError, match="There is no document"):
        footnote.library.find("", [SHARED])


def exact_spans(footnote: Footnote, document: Document, owner: str) -> None:
    """Every passage and sentence, as stored, is its slice; every character is in a passage, in boilerplate or white."""
    added = footnote.library.add(document, owner)
    stored = stored_passages(footnote, added.id)
    embedder = footnote.embedder()
    assert [(one.start, one.end) for one in stored]
    assert footnote.library.words(added.id, [owner]) == document.text
    covered = bytearray(len(document.text))
    for passage in stored:
        words = footnote.library.words(added.id, [owner], Span(passage.start, passage.end))
        assert words == document.text[passage.start : passage.end]
        assert embedder.count_tokens([words])[0] <= embedder.max_tokens
        for sentence in passage.sentences:
            quote = footnote.library.words(added.id, [owner], sentence.span)
            assert quote == document.text[sentence.start : sentence.end] == quote.strip() != ""
        covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
    for span in document.boilerplate:
        assert not any(covered[span.start : span.end])
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    missed = [at for at, done in enumerate(covered) if not done and not document.text[at].isspace()]
    assert missed == []
    shown = {(one.passage.start, one.passage.end): one for one in footnote.search.outline(added.id, owner)}
    assert shown
    for (start, end), one in shown.items():
        assert one.text == document.text[start:end]
        assert one.window == document.text[max(0, start - 32) : end + 32]


def test_spans_of_the_article(footnote: Footnote) -> None:
    """Every passage and every quote of the article is its slice, and nothing but its boilerplate is left out."""
    document = load_path(ARTICLE)
    exact_spans(footnote, document, "local")
    assert {span.of(document.text) for span in document.boilerplate} >= {"Share.", "Exit mobile version"}
    assert split(document.text, document.boilerplate, footnote.embedder().count_tokens, 200)


def development_sets() -> list[Path]:
    """The question sets with documents in the folder that FOOTNOTE_DEV_SETS names, if any."""
    folder = os.environ.get("FOOTNOTE_DEV_SETS")
    return [file for file in sorted(Path(folder).glob("*.jsonl")) if any(documents_of(file))] if folder else []


def documents_of(file: Path) -> Iterator[Document]:
    """The documents of a question set, each once."""
    seen = set()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            for row in json.loads(line).get("documents") or []:
                if row["id"] not in seen and row["text"].strip():
                    seen.add(row["id"])
                    yield Document(row["id"], row.get("title") or "", row["text"])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "development_set" in metafunc.fixturenames:
        files = development_sets()
        metafunc.parametrize("development_set", files, ids=[file.stem for file in files])


if development_sets():

    @pytest.mark.long
    def test_spans_of_development_sets(development_set: Path, footnote: Footnote) -> None:
        """The same holds for every document of a development set, added to one library."""
        for document in documents_of(development_set):
            exact_spans(footnote, document, "local")
