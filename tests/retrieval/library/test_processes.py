"""Several processes on one library, some of them killed: nothing half, nothing twice, and whoever asks is answered."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from looking_inside import Another, check_in_step, facts, time_passes
from numpy.typing import NDArray

from bot.bootstrap import Footnote
from retrieval.chunking.chunker import cut, embedded_texts
from retrieval.library.kept_vectors import rounded
from retrieval.loaders.loading import source_of
from retrieval.models.embedder import OnnxEmbedder
from retrieval.store.database import reading
from retrieval.store.tables import passages, revisions
from retrieval.types import SHARED
from tests.conftest import Opener

pytestmark = pytest.mark.both_topologies(servers="long")

ALWAYS = {
    "What is fact 2 of this text about?": "Fact 2 of this text is about walruses.",
    "sea mammals with tusks": "walruses",
}
VERSION = r"edition \w+"
PLACES = "harbour orchard library windmill bakery observatory foundry chapel quarry theatre".split()


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


def shown(footnote: Footnote, owner: str = SHARED) -> dict[str, str]:
    """The texts of the library by their sources, the anchor left out; no source is there twice."""
    entries = footnote.library.entries([owner])
    found = {entry.source: footnote.library.words(entry.id, [owner]) for entry in entries}
    assert len(found) == len(entries)
    found.pop("anchor", None)
    return found


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.long)])
def test_killed_while_a_folder_is_added(kills: int, tmp_path: Path, open_footnote: Opener) -> None:
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
    asker = Another("ask", data, asker="local", always=ALWAYS, version=VERSION).go()
    adder = Another("command", data, arguments=command)
    before: dict[str, str] = {}
    longest = 2.0  # seconds of CPU that the command takes, about
    killed = edition = halves = 0
    while True:
        edition += 1
        for number in range(50) if edition == 1 else chance.sample(range(50), 10):
            files[number].write_text(text(number, edition), "utf-8")
        following = Another("command", data, arguments=command)  # begins to import
        adder.go()
        taken = adder.kill(chance.uniform(0, longest)) if killed < kills else longest
        status, _ = adder.end()
        adder = following
        assert status in (0, -9)
        killed += status == -9
        if status == 0:
            longest = min(longest, taken)

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
    status, (said,) = asker.end()
    assert (status, said["failures"]) == (0, [])
    assert said["asked"] > 0
    losses = first.state.read().losses
    print(f"{killed} kills in {edition} runs, {halves} in the midst of a document; vectors lost {losses} times")


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
        texts = embedded_texts(mine, cut(mine, embedder))
        for one in found:
            exact = rounded(embedder.encode([texts[one.passage.number]]))[0] @ vector
            assert one.similarity == pytest.approx(float(exact), abs=1e-5)
        assert footnote.search.search(question, "key:mine", [foreign]) == []
        assert footnote.search.search(question, "key:nobody") == []
        theirs_found = footnote.search.search(question, "chat:1", limit=50)
        assert theirs_found
        assert {one.origin.owner for one in theirs_found} == {"chat:1"}
