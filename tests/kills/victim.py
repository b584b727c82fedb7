"""The process that is killed, a script of `forked`: it works on a library, or is `footnote serve` or `telegram`.

For a library it opens it as every start does, looks whether all is as it is to be, tells that, reads an order from
standard input, and carries it out until it dies. All that it says is JSON lines.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import tests.kills  # noqa: F401  # finds what the tests share
from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.index.chroma import prefix
from retrieval.index.chroma_remote import ChromaServer
from retrieval.library import library as library_module
from retrieval.library import reindexing
from retrieval.library.catalogue import Catalogue
from retrieval.models.embedder import DEFAULT
from retrieval.store.database import reading
from retrieval.store.state import text_of, vector_state
from tests.kills import arming, faults, instants, texts
from tests.kills.world import ANN, World, to_rows, to_world

SHORT = "short"
"""The name of the second model, which cuts texts otherwise and has shorter vectors."""


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def open_library(folder: Path, model: str = "") -> Footnote:
    """A Footnote with `model`, or with the one that made the vectors that serve."""
    footnote = Footnote(Settings(data_dir=folder))
    if (model or footnote.state.read().embedding) == SHORT:
        from looking_inside import ShortEmbedder

        footnote._embedder = ShortEmbedder()
    return footnote


def serve(order: dict[str, Any], arguments: list[str]) -> None:
    """Run `footnote …`; once the file `armed` is there, the process dies at its instant."""
    if order.get("instant"):
        arming.arm(instants.of(order["instant"]), order["nth"], Path(order["note"]), Path(order["armed"]).exists)
    from bot.__main__ import main

    sys.argv = ["footnote", *arguments]
    main()


def look(footnote: Footnote, worlds: list[World]) -> dict[str, Any]:
    """What is there, before the repair and after it: which of the worlds that may be, and what is wrong with it."""
    from looking_inside import time_passes

    before = faults.seen(Catalogue(footnote.engine))
    unfinished = time_passes(footnote)
    after = faults.seen(footnote.library)
    found = (
        [] if before == after else [f"a reader saw {to_rows(before)} before the repair and {to_rows(after)} after it"]
    )
    if after not in worlds:
        found.append(f"there is {to_rows(after)}, which is none of {[to_rows(one) for one in worlds]}")
    found += faults.faults(footnote, after)
    with reading(footnote.engine) as connection:
        state, begun = vector_state(connection), json.loads(text_of(connection, "reindex") or "{}")
    return {
        "world": to_rows(after),
        "faults": found,
        "unfinished": unfinished,
        "losses": state.losses,
        "model": state.embedding or DEFAULT,
        "begun": begun.get("embedding"),
    }


def lose_vectors(footnote: Footnote) -> None:
    """Delete the vectors behind the library's back."""
    import shutil

    if not footnote.settings.chroma_url:
        shutil.rmtree(footnote.settings.data_dir / "chroma", ignore_errors=True)  # or they are lost already
        return
    ours = prefix(footnote.state.read())

    def drop(client: Any) -> None:
        for collection in client.list_collections():
            if collection.name.startswith(ours):
                client.delete_collection(collection.name)

    backend = footnote.vectors._backend
    assert isinstance(backend, ChromaServer)
    backend._tried(drop)
    footnote.vectors.close()


def begin(footnote: Footnote, order: dict[str, Any]) -> None:
    """Arm, if the order names an instant, and say that the operation begins."""
    if order.get("instant"):
        arming.arm(instants.of(order["instant"]), instants.of(order["instant"]).nth, Path(order["note"]))
    say(begun=order["do"])


def start(footnote: Footnote, order: dict[str, Any]) -> None:
    """A start that is to die while it clears away what was left, or makes lost vectors again."""
    from looking_inside import time_passes

    time_passes(footnote)
    if order["do"] == "restore":
        lose_vectors(footnote)
    begin(footnote, order)
    footnote.library.repair()
    footnote.search.search("What is said of the harbour?", ANN)


def change(footnote: Footnote, order: dict[str, Any]) -> None:
    """Whatever is to be there first, and then the operation."""
    folder, library = footnote.settings.data_dir, footnote.library
    if order.get("finish"):
        footnote.close()
        with closing(open_library(folder, order["finish"])) as other:
            other.library.reindex()
        with closing(open_library(folder)) as again:
            return change(again, order | {"finish": None})
    for row in order["fill"]:
        add(footnote, *row)
    if order["do"] in ("add", "replace"):
        begin(footnote, order)
        add(footnote, *order["row"])
    elif order["do"] == "remove":
        owner, source, _ = order["row"]
        found = library.find(source, [owner])
        begin(footnote, order)
        library.remove(found.id, [owner])
    elif order["do"] == "reindex":
        footnote.close()
        with closing(open_library(folder, order["model"])) as other:
            other.embedder(), other.library
            begin(other, order)
            other.library.reindex()
    return None


def add(footnote: Footnote, owner: str, source: str, edition: int) -> None:
    """Add a document."""
    footnote.library.add(texts.document(source, edition), owner)


def main() -> None:
    order = json.loads(sys.argv[1])
    if order["do"] == "serve":
        serve(order, sys.argv[2:])
        return
    library_module._BATCH, reindexing._BATCH = 1, 2  # several batches of a small text
    with closing(open_library(Path(order["folder"]))) as footnote:
        if order["do"] != "look":
            start(footnote, order)
        else:
            say(**look(footnote, [to_world(rows) for rows in order["worlds"]]))
            change(footnote, json.loads(sys.stdin.readline()))
    say(done=True)


if __name__ == "__main__":
    main()
