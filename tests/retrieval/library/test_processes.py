"""Several processes on one library, some of them killed: nothing half, nothing twice, and whoever asks is answered."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from looking_inside import Another, check_in_step, facts, time_passes
from numpy.typing import NDArray

from bot.bootstrap import Footnote
from retrieval.chunking.cutting import embedded_text
from retrieval.loaders.registry import source_of
from retrieval.models.embedder import OnnxEmbedder
from retrieval.store.database import reading
from retrieval.store.tables import passages, revisions
from retrieval.types import SHARED, Document

pytestmark = pytest.mark.both_topologies(servers="long")

LONGEST = 30  # seconds that a question may take: a hang, not a slow machine
ALWAYS = {
    "What is fact 2 of this text about?": "Fact 2 of this text is about walruses.",
    "sea mammals with tusks": "walruses",
}
VERSION = r"edition \w+"
PLACES = (
    "harbour",
    "orchard",
    "library",
    "windmill",
    "bakery",
    "observatory",
    "foundry",
    "chapel",
    "quarry",
    "theatre",
)


def text(number: int, edition: int) -> str:
    """A small document: one to three passages, each of which names its edition."""
    place = PLACES[number % len(PLACES)]
    paragraphs = [f"The {place} of district {number}"]
    for part in range(1 + number % 3 * 2):
        paragraphs.append(
            f"The {place} in district {number} has {part + 3} gates, as the guide of edition {edition} says. "
            f"Its keeper {part} counts {number * 7 + part} lanterns, waters the garden every second morning, and "
            f"writes what was seen into a green book that visitors of edition {edition} may read before noon."
        )
    return "\n\n".join(paragraphs) + "\n"


class Asker:
    """A process that asks all the time."""

    def __init__(self, folder: Path, asker: str = "local") -> None:
        self._process = Another("ask", folder, asker=asker, always=ALWAYS, version=VERSION)
        self._process.go()

    def check(self) -> None:
        """Ends it: it was answered every time, rightly and in time."""
        status, (said,) = self._process.end()
        assert status == 0
        assert said["failures"] == []
        assert said["asked"] > 0
        assert said["longest"] < LONGEST


def shown(footnote: Footnote, owner: str = SHARED) -> dict[str, str]:
    """The texts of the library by their sources, the anchor left out; no source is there twice."""
    entries = footnote.library.entries([owner])
    found = {entry.source: footnote.library.words(entry.id, [owner]) for entry in entries}
    assert len(found) == len(entries)
    found.pop("anchor", None)
    return found


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.long)])
def test_killed_while_a_folder_is_added(kills: int, tmp_path: Path, open_footnote: Callable[[], Footnote]) -> None:
    """`kill -9` at random instants of `footnote add FOLDER`, another process asking: the next start repairs it all.

    Every document is whole, as it is in the folder or as it was before; the new ones are the first of the folder. Left
    to finish, the command has all of them.
    """
    chance = random.Random(kills)
    data, folder = tmp_path / "data", tmp_path / "folder"
    folder.mkdir()
    files = [folder / f"{number:02}.txt" for number in range(50)]
    first = open_footnote()
    first.library.add(facts("walruses", 3, "anchor"))
    first.close()
    command = ["add", str(folder), "--quiet"]
    asker = Asker(data)
    adder = Another("command", data, arguments=command)
    before: dict[str, str] = {}
    longest = 2.0  # seconds that the command takes, about
    killed = edition = halves = 0
    while True:
        edition += 1
        for number in range(50) if edition == 1 else chance.sample(range(50), 10):
            files[number].write_text(text(number, edition), "utf-8")
        following = Another("command", data, arguments=command)  # begins to import
        adder.go()
        began = time.monotonic()
        if killed < kills:
            time.sleep(chance.uniform(0, longest))
            adder.kill()
        status, _ = adder.end()
        adder = following
        assert status in (0, -9)
        killed += status == -9
        if status == 0:
            longest = min(longest, time.monotonic() - began)

        footnote = open_footnote()
        halves += time_passes(footnote)
        seen = shown(footnote)
        wanted = {source_of(file): file.read_text("utf-8") for file in files}
        new = [seen.get(source) == words for source, words in wanted.items()]
        changed = [wanted[source] != before.get(source) for source in wanted]
        assert [seen.get(s) for s, n in zip(wanted, new, strict=True) if not n] == [
            before.get(s) for s, n in zip(wanted, new, strict=True) if not n
        ]
        among_changed = [n for n, c in zip(new, changed, strict=True) if c]
        assert among_changed == sorted(among_changed, reverse=True), "one after the other"
        check_in_step(footnote)
        footnote.close()
        before = seen
        if status == 0 and killed == kills:
            break
    assert before == wanted
    asker.check()
    losses = first.state.read().losses
    print(f"{killed} kills in {edition} runs, {halves} in the midst of a document; vectors lost {losses} times")


def test_three_add_while_a_fourth_asks(tmp_path: Path, open_footnote: Callable[[], Footnote]) -> None:
    """Three processes add different and the same documents at once: each is there once and whole."""
    data = tmp_path / "data"
    reader = open_footnote()
    reader.library.add(facts("walruses", 3, "anchor"))
    same = [Document(f"same-{number}", f"Same {number}", text(number, 0)) for number in range(4)]
    own = [
        [Document(f"own-{who}-{n}", f"Own {who} {n}", text(10 * who + n, who)) for n in range(3)] for who in range(3)
    ]
    contested = [
        [Document(f"contested-{n}", f"Contested {n}", text(50 + n, 10 + who)) for n in range(3)] for who in range(3)
    ]
    asker = Asker(data)
    adders = []
    for who in range(3):
        documents = [*own[who], *same, *contested[who]]
        random.Random(who).shuffle(documents)
        adders.append(Another("add", data, documents))
    for adder in adders:
        adder.until_ready()
    for adder in adders:
        adder.go()
    for adder in adders:
        status, said = adder.end(120)
        assert status == 0
        assert len(said) == 10
        assert [one for one in said if "refused" in one] == []
    asker.check()

    seen = shown(reader)
    for document in [*same, *(one for some in own for one in some)]:
        assert seen.pop(document.source) == document.text
    for number in range(3):
        assert seen.pop(f"contested-{number}") in {some[number].text for some in contested}
    assert seen == {}
    check_in_step(reader)


def test_added_document_is_found_by_others_soon(tmp_path: Path, open_footnote: Callable[[], Footnote]) -> None:
    """A running process finds by its meaning what another one has added, without being started anew."""
    data = tmp_path / "data"
    reader = open_footnote()
    reader.library.add(facts("marmots", 3, "anchor"))
    words = ["walruses", "volcanoes", "violins", "glaciers", "bread", "chess"]
    adder = Another("add", data, [facts(word, 3, word) for word in words])
    adder.go()
    seen = []
    for word in words:
        end = time.monotonic() + 60
        while not any(one.origin.source == word and one.similarity > 0 for one in reader.search.search(word, "local")):
            assert time.monotonic() < end
            time.sleep(0.01)
        seen.append(time.time())
    status, said = adder.end()
    assert status == 0
    lags = [found - one["at"] for found, one in zip(seen, said, strict=True)]
    print(f"found {statistics.median(lags):.3f} s after it was added (median), {max(lags):.3f} s at most")
    assert max(lags) < 5  # within a second, on a machine that has nothing else to do


class Remembering(OnnxEmbedder):
    """The default model, which embeds no text twice."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors (n, 384) of unit length."""
        new = [one for one in dict.fromkeys(texts) if one not in self._known]
        self._known |= dict(zip(new, super().encode(new), strict=True))
        return np.stack([self._known[one] for one in texts])


@pytest.mark.parametrize("others", [1000, pytest.param(5000, marks=pytest.mark.long)])
def test_three_among_thousands_of_others(others: int, footnote: Footnote) -> None:
    """An asker with three passages among thousands of others' finds all three, with their exact cosines, and no other.

    The others' are as near to the questions, and some are the very same.
    """
    embedder = Remembering()
    footnote._embedder = embedder
    library = footnote.library
    theirs = [facts("marmots" if owner % 2 else "walruses", 100) for owner in range(others // 100)]
    for owner, document in enumerate(theirs[:-1]):
        library.add(document, f"chat:{owner}")
    mine = facts("walruses", 3)
    added = library.add(mine, "key:mine")
    foreign = library.add(theirs[-1], "key:late").id
    with reading(footnote.engine) as connection:
        private = connection.execute(sa.select(sa.func.count()).where(passages.c.owner != "key:mine")).scalar()
        (revision,) = connection.execute(
            sa.select(revisions.c.revision).where(revisions.c.document_id == added.id)
        ).scalars()
    assert private == others
    for question in ("What is fact 2 about?", "sea mammals with tusks", "walruses", "Fact 77 of this text"):
        found = footnote.search.search(question, "key:mine", limit=50)
        assert {(one.origin.id, one.origin.owner) for one in found} == {(added.id, "key:mine")}
        assert {one.origin.revision for one in found} == {revision}
        assert sorted(one.passage.number for one in found) == [0, 1, 2]
        vector = embedder.encode_query(question)
        for one in found:
            exact = embedder.encode([embedded_text(mine.title, one.passage, mine.text)])[0] @ vector
            assert one.similarity == pytest.approx(float(exact), abs=1e-5)
        assert footnote.search.search(question, "key:mine", [foreign]) == []
        assert footnote.search.search(question, "key:nobody") == []
        theirs_found = footnote.search.search(question, "chat:1", limit=50)
        assert theirs_found
        assert {one.origin.owner for one in theirs_found} == {"chat:1"}
