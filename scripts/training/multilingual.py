"""Trains the reader and judge of other languages than English, on the trunk of multilingual-e5-small.

    python -m scripts.training.multilingual --data FOLDER [--seed 0] [--size 1.0]

`--data` holds the folders of rows to train on, `--dictionaries` FreeDict's dictionaries as Debian's packages
`dict-freedict-eng-…` install them. Whatever is done is kept in `--work`, so that a run that was stopped goes on where
it was.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from scripts.e5 import E5, WORDS
from scripts.training.data import MULTILINGUAL
from scripts.training.fitting import fit
from scripts.training.model import ReaderAndJudge
from scripts.training.multilingual_data import multilingual_claims, multilingual_pairs
from scripts.training.switching import FOLDER
from scripts.vocabulary import pruned_e5

RATE = 1e-4


def main() -> None:
    """Each step in turn."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reading_multilingual/ and the others")
    parser.add_argument("--dictionaries", type=Path, default=FOLDER, help="folder with freedict-eng-….index")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="checkpoints and figures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=float, default=1.0, help="part of the rows that is taken")
    options = parser.parse_args()
    folder = options.work / f"multilingual-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    e5 = pruned_e5(options.work, options.data)
    tokenizer = e5.tokenizer()
    torch.manual_seed(options.seed)
    model = multilingual_model(e5)
    sources = options.data, tokenizer, options.dictionaries, options.seed, options.size
    questions, claims = multilingual_pairs(*sources), multilingual_claims(*sources)
    counts = {
        "questions": len(questions),
        "answerable": sum(pair.truth for pair in questions),
        "with a span": sum(pair.span is not None for pair in questions),
        "claims": len(claims),
        "supported": sum(pair.truth for pair in claims),
    }
    print(counts, flush=True)
    (folder / "counts.json").write_text(json.dumps(counts), "utf-8")
    fit(model, questions, claims, options.seed, folder, RATE, frozen_layers=0)
    torch.save(model.state_dict(), folder / "weights.pt")


def multilingual_model(e5: E5) -> ReaderAndJudge:
    """The network with the weights of `e5` below its heads."""
    model = ReaderAndJudge(len(e5.weights[WORDS]), MULTILINGUAL.padding)
    model.bert.load_state_dict({name: torch.from_numpy(array) for name, array in e5.weights.items()})
    return model


if __name__ == "__main__":
    main()
