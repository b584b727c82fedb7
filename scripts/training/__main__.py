"""Trains the reader and judge and writes all that ships of it: weights, calibration, model card.

    python -m scripts.training --data FOLDER --dev FOLDER [--seed 0] [--ship]

`--data` holds `reading/`, `claims/`, `conversations/` and `people/` with rows to train on, `--dev` the development
sets. Whatever is done is kept in `--work`, so that a run that was stopped goes on where it was. With `--ship` the files
go to `retrieval/models/weights/`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

import torch

from retrieval.models.onnx import WEIGHTS, open_tokenizer
from retrieval.models.reader import OnnxReader
from scripts.training.balance import LATER, balanced_pairs, more_claims
from scripts.training.base import base_weights
from scripts.training.calibrating import calibrate
from scripts.training.card import card
from scripts.training.collecting import samples
from scripts.training.contrast import contrasting_pairs
from scripts.training.data import Pair, claim_pairs, counts_of, reading_pairs
from scripts.training.documents import document_pairs, people_pairs
from scripts.training.evaluating import figures
from scripts.training.export import export, rounded_table
from scripts.training.fitting import RATE, fit
from scripts.training.in_torch import TorchReader
from scripts.training.model import ReaderAndJudge
from scripts.training.rounding import claims_left_out, cost_of_rounding, questions_left_out
from scripts.training.shipped import shipped_weights

SECOND_RATE, SECOND_SIZE = 6e-5, (1.0, 0.55)  # of the second pass: learning rate, part of the questions and claims
SECOND_SHARE = 0.7  # of the second pass in the mean of both
THIRD_RATE, THIRD_CLAIMS = 5e-5, 0.2
FOURTH_RATE, FOURTH_CLAIMS = 4e-5, 0.12
FIFTH_RATE, FIFTH = 6e-5, ((13_000, 0.12), (16_000, 0.25))  # rows repeated and claims, of two runs whose mean ships
PASSES = ("first", "second", "third", "fourth", "fifth", "again")
SHIPPED = ("reader.onnx", "reader.bin", "reader.json", "READER.md")


def main() -> None:
    """Each step in turn."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/ and claims/")
    parser.add_argument("--dev", type=Path, required=True, help="folder with the development sets")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="checkpoints and figures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=float, default=1.0, help="part of the rows that is taken where there is plenty")
    parser.add_argument("--ship", action="store_true", help="copy what ships to retrieval/models/weights/")
    options = parser.parse_args()
    folder = options.work / f"seed-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    started = time.time()
    model = _trained(options, folder)
    weights = folder / "weights"
    reader = _exported(model, weights)
    told = _figures(options, folder, model, reader)
    print(json.dumps(told, indent=1), flush=True)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        print(line, flush=True)

    collected = samples(options.dev, weights, folder / "samples.pickle")
    numbers = calibrate(collected, options.dev / "dev_claims.jsonl", reader, say)
    (weights / "reader.json").write_text(json.dumps(numbers, indent=1) + "\n", "utf-8")
    counts = [json.loads((folder / name / "counts.json").read_text("utf-8")) for name in PASSES]
    (weights / "READER.md").write_text(card(vars(options), counts, told, said, numbers["passage"]), "utf-8")
    if options.ship:
        for name in SHIPPED:
            # Renamed, not written over: a process may have the old file mapped into its memory.
            shutil.copyfile(weights / name, WEIGHTS / f"{name}.part")
            (WEIGHTS / f"{name}.part").replace(WEIGHTS / name)
    print(f"{time.time() - started:.0f} seconds", flush=True)


def _figures(options: argparse.Namespace, folder: Path, model: ReaderAndJudge, reader: OnnxReader) -> Any:
    """What the network and what ships of it achieve, measured now or before."""
    store = folder / "figures.json"
    if not store.exists():
        full = TorchReader(model)
        questions = questions_left_out(options.data / "reading", options.seed, options.size, SECOND_SIZE[0])
        claims = claims_left_out(options.data / "claims", options.seed, options.size, SECOND_SIZE[1], THIRD_CLAIMS)
        told = {
            "32 bits": figures(options.dev, full),
            "8 bits": figures(options.dev, reader),
            "gained by rounding": cost_of_rounding(questions, claims, full, reader),
        }
        store.write_text(json.dumps(told, indent=1), "utf-8")
    return json.loads(store.read_text("utf-8"))


def _trained(options: argparse.Namespace, folder: Path) -> ReaderAndJudge:
    """The network, trained now or before, in five passes: on the rows as they are, on balanced ones, on those that the
    mean of the first two is not sure of, on documents as people bring them, and on what people ask of these.

    The mean of the first two passes' weights is better than either (Wortsman et al. 2022, "Robust fine-tuning of
    zero-shot models"); the third pass alone is as good as its mean with them, or better. The fifth is made twice, and
    the mean of both is what ships.
    """
    torch.manual_seed(options.seed)
    model = ReaderAndJudge()
    tokenizer = open_tokenizer()
    reading, claims = options.data / "reading", options.data / "claims"
    if not _known(model, folder / "first.pt"):
        weights = base_weights(options.work)
        model.bert.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
        questions = reading_pairs(reading, tokenizer, options.seed, options.size)
        said = claim_pairs(claims, tokenizer, options.seed, options.size)
        _fit(model, questions, said, options.seed, folder / "first", RATE)
    if not _known(model, folder / "second.pt"):
        # As it ships, so that the layers above learn to live with it: the table itself is not trained.
        words = model.bert.embeddings["word_embeddings"].weight
        words.data = torch.from_numpy(rounded_table(words.detach().numpy()))
        questions = balanced_pairs(reading, tokenizer, options.seed, SECOND_SIZE[0])
        said = more_claims(claims, tokenizer, options.seed, SECOND_SIZE[1])
        _fit(model, questions, said, options.seed, folder / "second", SECOND_RATE)
    if not _known(model, folder / "third.pt"):
        # Rounded, since that is what the rows are chosen with.
        reader = _exported(
            _mean(model, torch.load(folder / "first.pt", weights_only=True), SECOND_SHARE), folder / "two-passes"
        )
        rounded = shipped_weights(folder / "two-passes")
        model.load_state_dict({name: torch.tensor(array) for name, array in rounded.items()})
        questions = contrasting_pairs(reading, tokenizer, reader, options.seed)
        said = more_claims(claims, tokenizer, options.seed + LATER, THIRD_CLAIMS)
        _fit(model, questions, said, options.seed, folder / "third", THIRD_RATE)
    if not _known(model, folder / "fourth.pt"):
        _exported(model, folder / "three-passes")
        rounded = shipped_weights(folder / "three-passes")
        model.load_state_dict({name: torch.tensor(array) for name, array in rounded.items()})
        questions = document_pairs(options.data, tokenizer, options.seed)
        said = more_claims(claims, tokenizer, options.seed + 2 * LATER, FOURTH_CLAIMS)
        _fit(model, questions, said, options.seed, folder / "fourth", FOURTH_RATE)
    _exported(model, folder / "four-passes")
    rounded = shipped_weights(folder / "four-passes")
    for seed, (name, (repeated, part)) in enumerate(zip(PASSES[-2:], FIFTH, strict=True), options.seed):
        if not _known(model, folder / f"{name}.pt"):
            model.load_state_dict({name: torch.tensor(array) for name, array in rounded.items()})
            torch.manual_seed(seed)
            questions = people_pairs(options.data, tokenizer, seed, repeated)
            said = more_claims(claims, tokenizer, seed + 3 * LATER, part)
            _fit(model, questions, said, seed, folder / name, FIFTH_RATE)
    return _mean(model, torch.load(folder / f"{PASSES[-2]}.pt", weights_only=True), 0.5)


def _mean(model: ReaderAndJudge, first: dict[str, torch.Tensor], own: float) -> ReaderAndJudge:
    """The model with the mean of its weights, of that share, and the `first` ones; but the words are as they are."""
    mixed = {
        name: last if "word_embeddings" in name else (1 - own) * first[name] + own * last
        for name, last in model.state_dict().items()
    }
    model.load_state_dict(mixed)
    return model


def _exported(model: ReaderAndJudge, weights: Path) -> OnnxReader:
    """The reader in 8 bits, written to the folder `weights`."""
    export({name: array.numpy() for name, array in model.state_dict().items()}, weights)
    shutil.copyfile(WEIGHTS / "tokenizer.json", weights / "tokenizer.json")
    return OnnxReader(weights)


def _known(model: ReaderAndJudge, finished: Path) -> bool:
    """Whether the pass was made before: its weights are taken then."""
    if finished.exists():
        model.load_state_dict(torch.load(finished, weights_only=True))
    return finished.exists()


def _fit(model: ReaderAndJudge, reading: list[Pair], claims: list[Pair], seed: int, folder: Path, rate: float) -> None:
    counts = counts_of(reading, claims)
    print(counts, flush=True)
    fit(model, reading, claims, seed, folder, rate)
    (folder / "counts.json").write_text(json.dumps(counts), "utf-8")
    torch.save(model.state_dict(), folder.with_suffix(".pt"))


if __name__ == "__main__":
    main()
