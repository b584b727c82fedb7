"""Trains the reader and judge of other languages than English, on the trunk of multilingual-e5-small.

    python -m scripts.training.multilingual --data FOLDER --dev FOLDER [--seed 0] [--size 1.0] [--ship]

It is trained in three passes, each on rows drawn anew, with a rate that rises and falls. `--data` holds the folders of
rows to train on, `--dev` the development sets, `--dictionaries` FreeDict's dictionaries as Debian's packages
`dict-freedict-eng-…` install them. Whatever is done is kept in `--work`, so that a run that was stopped goes on where
it was. With `--ship` the files go to `retrieval/models/weights/`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch

from retrieval.models.calibration import MULTILINGUAL as NETWORK
from retrieval.models.onnx import WEIGHTS
from retrieval.models.reader import OnnxReader
from scripts.e5 import E5, WORDS
from scripts.export_multilingual import TOKENIZER, export_reader
from scripts.training.data import MULTILINGUAL, counts_of
from scripts.training.evaluating import figures
from scripts.training.fitting import fit
from scripts.training.in_torch import TorchReader
from scripts.training.model import ReaderAndJudge
from scripts.training.multilingual_calibrating import calibrate_multilingual
from scripts.training.multilingual_card import card
from scripts.training.multilingual_data import multilingual_claims, multilingual_pairs
from scripts.training.multilingual_evaluating import asked_of_xquad, figures_by_pair
from scripts.training.switching import FOLDER
from scripts.vocabulary import pruned_e5

RATE = 1e-4
PASSES = {"first": (0.3, 0.45), "second": (0.37, 0.45), "third": (0.215, 0.6)}
"""The part of the rows that each pass draws, each with a seed of its own, and the share of the English ones that is put
in another language."""
CARD = "MULTILINGUAL-READER.md"
SHIPPED = (f"{NETWORK}.onnx", f"{NETWORK}.bin", f"{NETWORK}.json", CARD)


def main() -> None:
    """Each step in turn."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reading_multilingual/ and the others")
    parser.add_argument("--dev", type=Path, required=True, help="folder with the development sets")
    parser.add_argument("--dictionaries", type=Path, default=FOLDER, help="folder with freedict-eng-….index")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="checkpoints and figures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=float, default=1.0, help="part of the rows that is taken, for a trial")
    parser.add_argument("--ship", action="store_true", help="copy what ships to retrieval/models/weights/")
    options = parser.parse_args()
    folder = options.work / f"multilingual-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    e5 = pruned_e5(options.work, options.data)
    model = _trained(options, folder, e5)
    weights = folder / "weights"
    reader = exported(model, e5, weights)
    told = _figures(options, folder, TorchReader(model, e5.tokenizer(), NETWORK), reader)
    print(json.dumps(told, indent=1), flush=True)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        print(line, flush=True)

    numbers = calibrate_multilingual(options.dev, options.data, reader, folder / "samples.pickle", say)
    (weights / f"{NETWORK}.json").write_text(json.dumps(numbers, indent=1) + "\n", "utf-8")
    counts = [json.loads((folder / name / "counts.json").read_text("utf-8")) for name in PASSES]
    (weights / CARD).write_text(card(counts, told, said, numbers["threshold"]), "utf-8")
    for name in SHIPPED if options.ship else ():
        # Renamed, not written over: a process may have the old file mapped into its memory.
        shutil.copyfile(weights / name, WEIGHTS / f"{name}.part")
        (WEIGHTS / f"{name}.part").replace(WEIGHTS / name)


def _trained(options: argparse.Namespace, folder: Path, e5: E5) -> ReaderAndJudge:
    """The network, trained now or before."""
    torch.manual_seed(options.seed)
    model = multilingual_model(e5)
    for number, (name, (part, switched)) in enumerate(PASSES.items()):
        finished = folder / f"{name}.pt"
        if not finished.exists():
            seed, size = options.seed + number, options.size * part
            sources = options.data, e5.tokenizer(), options.dictionaries, seed, size
            questions, claims = multilingual_pairs(*sources, switched), multilingual_claims(*sources)
            fit(model, questions, claims, seed, folder / name, RATE, frozen_layers=0)
            (folder / name / "counts.json").write_text(json.dumps(counts_of(questions, claims)), "utf-8")
            torch.save(model.state_dict(), finished)
        model.load_state_dict(torch.load(finished, weights_only=True))
    return model


def exported(model: ReaderAndJudge, e5: E5, weights: Path) -> OnnxReader:
    """The reader in 8 bits, written to the folder `weights`."""
    weights.mkdir(parents=True, exist_ok=True)
    export_reader({name: array.numpy() for name, array in model.state_dict().items()}, e5, weights)
    (weights / TOKENIZER).write_text(e5.tokenizer().to_str(), "utf-8")
    return OnnxReader(weights, NETWORK)


def _figures(options: argparse.Namespace, folder: Path, full: TorchReader, reader: OnnxReader) -> Any:
    """What the network and what ships of it achieve, measured now or before."""
    store = folder / "figures.json"
    if not store.exists():
        asked = list(asked_of_xquad(options.dev))
        told = {
            name: {"by pair": figures_by_pair(asked, one), "in English": figures(options.dev, one)}
            for name, one in (("32 bits", full), ("8 bits", reader))
        }
        store.write_text(json.dumps(told, indent=1), "utf-8")
    return json.loads(store.read_text("utf-8"))


def multilingual_model(e5: E5) -> ReaderAndJudge:
    """The network with the weights of `e5` below its heads."""
    model = ReaderAndJudge(len(e5.weights[WORDS]), MULTILINGUAL.padding)
    model.bert.load_state_dict({name: torch.from_numpy(array) for name, array in e5.weights.items()})
    return model


if __name__ == "__main__":
    main()
