"""`kill -9` at any instant of an add: the document is whole or absent, and the next start clears up what was left."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from looking_inside import Another, check_in_step, cut_short, facts, vector_ids
from patience import wait_until

from bot.bootstrap import Footnote
from retrieval.library.library import Library
from retrieval.types import SHARED, Document
from tests.conftest import Opener

LEASE = 0.2
COUNT = 130  # passages: three batches
OLD = facts("marmots", COUNT)
NEW = facts("walruses", COUNT)
STEPS = "claimed 1,embedded 1,embedded 2,embedded 3,indexed 1,indexed 2,indexed 3,ready 1,swept 1".split(",")
# The quick run takes every step once, in turn of the batches and of the two ways, and twice what makes it ready.
QUICK = {
    *("new claimed 1", "new embedded 1", "new indexed 3", "new ready 1"),
    *("replacing embedded 3", "replacing indexed 2", "replacing ready 1", "replacing swept 1"),
}
KILLS = [
    *(f"{how} {step}" for how in ("new", "replacing") for step in STEPS),
    *(f"replacing anywhen {seed}" for seed in range(30)),
]


def observe(reader: Footnote, allowed: set[str]) -> str:
    """What a reader sees at this instant: the text, found whole, or nothing; fails when it sees a half or a mixture."""
    texts = {"": 0} | {one.text: COUNT for one in (OLD, NEW)}
    entries = reader.library.entries([SHARED])
    seen = ""
    if entries:
        assert len(entries) == 1
        seen = reader.library.words(entries[0].id, [SHARED])
    assert seen in allowed
    assert {entry.passages for entry in entries} <= {texts[seen]}
    found = [passage.text for passage in reader.search.search("What is fact 77 about?", "local", limit=100)]
    assert len(found) == len(set(found))
    words = {text.rstrip(".").split()[-1] for text in found}
    assert len(words) <= 1, "a mixture of the two texts"
    assert words or "" in allowed, "neither of the two texts"
    if words:
        (word,) = words
        assert any(word in text for text in allowed)
        assert f"Fact 77 of this text is about {word}." in found[:5]
    outline = reader.search.outline(entries[0].id, "local") if entries else []
    assert len({passage.text.split()[-1] for passage in outline}) <= 1
    return seen


def watch(reader: Footnote, adder: Another, allowed: set[str]) -> list[str]:
    """Every observation until the adder has ended."""
    seen = []
    while adder.running():
        seen.append(observe(reader, allowed))
    return [*seen, observe(reader, allowed)]


def restarted(open_footnote: Opener) -> Footnote:
    """A Footnote that starts once the lease has run out: its library is repaired."""
    time.sleep(LEASE)
    footnote = open_footnote()
    assert isinstance(footnote.library, Library)
    return footnote


@pytest.fixture(scope="module")
def with_old(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Puts a library that holds the old text into a folder."""
    from bot.settings import Settings

    folder = tmp_path_factory.mktemp("old") / "data"
    footnote = Footnote(Settings(data_dir=folder))
    footnote.library.add(OLD)
    footnote.close()

    def put(target: Path) -> None:
        shutil.copytree(folder, target)

    return put


@pytest.mark.parametrize(
    "kill", [pytest.param(kill, marks=() if kill in QUICK else pytest.mark.long) for kill in KILLS]
)
def test_killed(kill: str, tmp_path: Path, open_footnote: Opener, with_old: Callable[[Path], None]) -> None:
    """Killed at any step, or at any instant, the document is whole or absent to a reader throughout, and the next start
    clears it up.
    """
    how, name, nth = kill.split()
    folder = tmp_path / "data"
    if how == "replacing":
        with_old(folder)
    before = OLD.text if how == "replacing" else ""
    adder = Another("add", folder, [NEW], lease=LEASE, kill=[name, int(nth)])
    reader = open_footnote()
    assert observe(reader, {before}) == before
    adder.go()
    if name == "anywhen":
        threading.Thread(target=adder.kill, args=[random.Random(nth).uniform(0, 0.6)]).start()
    seen = watch(reader, adder, {before, NEW.text})
    status = adder.end()[0]
    after = NEW.text if name in ("ready", "swept") else before
    if name == "anywhen":
        assert status in (0, -9)
        after = observe(reader, {before, NEW.text})
    else:
        assert (status, seen[-1]) == (-9, after)
    assert seen == sorted(seen, key=[before, NEW.text].index), "what was new became old again"

    footnote = restarted(open_footnote)
    assert observe(footnote, {after}) == after  # first: only who opens the vectors finds that a kill has ruined them
    check_in_step(footnote)
    again = footnote.library.add(NEW)
    assert again.unchanged == (after == NEW.text)
    check_in_step(footnote)
    assert observe(footnote, {NEW.text}) == observe(reader, {NEW.text}) == NEW.text


@pytest.mark.both_topologies(servers="long")
def test_nobody_is_in_the_way_of_a_long_add(tmp_path: Path, open_footnote: Opener) -> None:
    """In the midst of an add of another process a reader is answered at once, and repairs leave that one alone."""
    adder = Another("add", tmp_path / "data", [NEW], hold=["indexed", 1]).held()
    footnote = open_footnote()
    assert observe(footnote, {""}) == "", "it waits for nobody, since the adder waits for this test"
    assert footnote.library.repair() == 0
    assert len(vector_ids(footnote)) == 64
    adder.go()
    wait_until(lambda: observe(footnote, {"", NEW.text}) == NEW.text, adder.process)
    status, said = adder.end()
    assert (status, len(said)) == (0, 1)
    assert footnote.library.repair() == 0
    check_in_step(footnote)


@pytest.mark.both_topologies(servers="long")
def test_seeding_that_was_killed(tmp_path: Path, open_footnote: Opener) -> None:
    """A first start that was killed while it took in the article does not leave a library without it for ever."""
    footnote = open_footnote()

    def dying() -> Iterator[Document]:
        yield facts("marmots", 1, "one")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        footnote.library.seed(dying)
    both = [facts("marmots", 1, "one"), facts("walruses", 1, "two")]
    assert footnote.library.seed(lambda: both)
    assert [entry.source for entry in footnote.library.entries([SHARED])] == ["one", "two"]
    assert not footnote.library.seed(lambda: both)


def test_lost_vectors_are_made_again_at_once(tmp_path: Path, open_footnote: Opener) -> None:
    """The very first search after the vectors were ruined answers as before, by a running reader and by a new one."""
    question, folder = "sea mammals with tusks", tmp_path / "data" / "chroma"
    running = open_footnote()
    running.library.add(facts("walruses", 3, "shared"))
    running.library.add(facts("marmots", 3, "private"), "local")
    before = running.search.search(question, "local", limit=50)
    assert min(one.similarity for one in before) > 0
    ruins: list[Callable[[], object]] = [
        lambda: shutil.rmtree(folder),
        lambda: [shutil.rmtree(folder), folder.mkdir()],
        lambda: (folder / "chroma.sqlite3").write_bytes(b""),
        lambda: cut_short(folder / "chroma.sqlite3"),
    ]
    for number, ruin in enumerate(ruins):
        ruin()
        if number % 2:  # a process of its own: this one's Chroma may share what it has open
            status, (said,) = Another("search", tmp_path / "data", question=question, asker="local").go().end()
            assert (status, said["found"]) == (0, [one.text for one in before])
            assert min(said["similarities"]) > 0
        again = running.search.search(question, "local", limit=50)
        assert [(one.text, round(one.score, 4)) for one in again] == [(b.text, round(b.score, 4)) for b in before]
        state = running.state.read()
        assert (state.lost, state.losses) == (False, number + 1)
    check_in_step(running)


def test_vectors_lost_before_an_add(tmp_path: Path, open_footnote: Opener) -> None:
    """An add that comes upon lost vectors succeeds, and the others are made again at the next search."""
    footnote = open_footnote()
    footnote.library.add(facts("marmots", 3))
    footnote.close()
    shutil.rmtree(tmp_path / "data" / "chroma")
    footnote.library.add(facts("walruses", 3, "other"))
    assert all(one.similarity > 0 for one in footnote.search.search("marmots", "local"))
    check_in_step(footnote)


def test_killed_within_the_write_of_vectors(tmp_path: Path, open_footnote: Opener) -> None:
    """Killed while vectors are written, the graph files half there: all is thrown away, made again, and found."""
    folder = tmp_path / "data"
    first = open_footnote()
    first.library.add(facts("otters", 260, "kept"))
    first.close()
    adder = Another("add", folder, [NEW], lease=LEASE, hold=["embedded", 2], kill_in_write=True)
    assert adder.held().go().end()[0] == -9
    assert (folder / "chroma.opened").exists()
    for graph in folder.glob("chroma/*/data_level0.bin"):
        cut_short(graph)
    footnote = restarted(open_footnote)
    found = footnote.search.search("What is fact 7 about?", "local", limit=50)
    assert "Fact 7 of this text is about otters." in [one.text for one in found][:5]
    assert all(one.similarity > 0 for one in found)
    assert not (folder / "chroma.opened").exists()
    check_in_step(footnote)
    footnote.library.add(NEW)
    check_in_step(footnote)
