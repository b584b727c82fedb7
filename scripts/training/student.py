"""Distils a reader of twelve layers into one of six, which is read first and takes half the time.

    python -m scripts.training.student --data FOLDER [--teacher multilingual-reader] [--seed 0] [--size 1.0]

The student begins with every second layer of its teacher and learns what the teacher says of the training rows, and of
questions with passages of other rows: where the answer lies, whether there is one, whether a quote bears out a claim,
and the states of its last layer (after Sanh et al. 2019, "DistilBERT", and Jiao et al. 2020, "TinyBERT"). The truth of
the rows is not looked at: the teacher is surer of some than others. Whatever is done is kept in `--work`, so that a run
that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  # PyTorch's own short name

from retrieval.models.calibration import ENGLISH
from retrieval.models.onnx import WEIGHTS, open_tokenizer
from retrieval.models.reader import NETWORKS
from scripts.training import data
from scripts.training.balance import balanced_pairs, more_claims
from scripts.training.base import LAYERS
from scripts.training.data import Pair, counts_of
from scripts.training.fitting import Batch, fit
from scripts.training.model import ReaderAndJudge
from scripts.training.multilingual_data import multilingual_claims, multilingual_pairs
from scripts.training.shipped import shipped_weights
from scripts.training.switching import FOLDER

RATE = 2e-4
FROZEN = 1  # layers nearest to the words that stay as they are
TAKEN = range(1, LAYERS, 2)  # layers of the teacher that the student begins with
SWITCHED = 0.5  # of the English questions of a multilingual reader, that are put in another language
_ELSEWHERE = 0.25  # questions beside the others that are asked of another row's passage
_STATES = 2.0  # weight of the states


def shipped(name: str) -> ReaderAndJudge:
    """The network of that name as training has it, rounded as it ships."""
    weights = shipped_weights(WEIGHTS, name)
    form = data.ENGLISH if name == ENGLISH else data.MULTILINGUAL
    network = ReaderAndJudge(len(weights["bert.embeddings.word_embeddings.weight"]), form.padding)
    network.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    return network


def student_of(teacher: ReaderAndJudge, taken: Sequence[int] = TAKEN) -> ReaderAndJudge:
    """A network with the teacher's words and heads, and some of its layers."""
    words = teacher.bert.embeddings["word_embeddings"].num_embeddings
    student = ReaderAndJudge(words, teacher.bert.padding, len(taken))
    student.bert.embeddings.load_state_dict(teacher.bert.embeddings.state_dict())
    student.heads.load_state_dict(teacher.heads.state_dict())
    for layer, number in zip(student.bert.encoder["layer"], taken, strict=True):
        layer.load_state_dict(teacher.bert.encoder["layer"][number].state_dict())
    return student


class Lessons:
    """How far a student misses what its teacher says."""

    def __init__(self, teacher: ReaderAndJudge) -> None:
        """The teacher stays as it is."""
        self._teacher = teacher.eval().requires_grad_(requires_grad=False)

    def __call__(self, student: ReaderAndJudge, batch: Batch, claim: bool, numbers: torch.dtype) -> dict[str, Tensor]:
        """By task, and `states`: 1 - cosine of the last layers' states, over all tokens."""
        teacher = self._teacher.to(batch.ids.device)
        with torch.autocast(batch.ids.device.type, numbers, enabled=numbers != torch.float32):
            with torch.no_grad():
                known = teacher.bert(batch.ids, batch.types).float()
                taught = teacher.judge_states(known) if claim else teacher.read_states(known, batch.types)
            states = student.bert(batch.ids, batch.types).float()
            said = student.judge_states(states) if claim else student.read_states(states, batch.types)
        written = (batch.ids != student.bert.padding).float()
        apart = 1 - F.cosine_similarity(states, known, dim=-1)
        losses = {"states": _STATES * (apart * written).sum() / written.sum()}
        if claim:
            return losses | {"support": F.binary_cross_entropy_with_logits(said, taught.sigmoid())}
        (spans, answer), (true_spans, true_answer) = said, taught
        inside = (batch.types == 1)[:, None, :]
        missed = (true_spans.exp() * (true_spans - spans)).masked_fill(~inside, 0.0).sum(-1)
        return losses | {
            "span": missed.mean(),
            "answer": F.binary_cross_entropy_with_logits(answer, true_answer.sigmoid()),
        }


def elsewhere(pairs: Sequence[Pair], share: float, chance: random.Random) -> list[Pair]:
    """A share of the questions, each with the passage of another row; their truth is not known, and not looked at."""
    asked = chance.sample(pairs, round(share * len(pairs)))
    others = chance.sample(pairs, len(asked))
    made = []
    for one, other in zip(asked, others, strict=True):
        ids = one.ids[: one.first] + other.ids[other.first :]
        made.append(replace(one, ids=ids, truth=False, span=None))
    return made


def main() -> None:
    """Train, and keep the weights."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the rows to train on")
    parser.add_argument("--teacher", choices=NETWORKS, default=ENGLISH, help="the network that is distilled")
    parser.add_argument("--dictionaries", type=Path, default=FOLDER, help="folder with freedict-eng-….index")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=float, default=1.0, help="part of the rows that is taken")
    options = parser.parse_args()
    folder = options.work / f"{options.teacher}-student-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    tokenizer = open_tokenizer(WEIGHTS, NETWORKS[options.teacher].tokenizer)
    if options.teacher == ENGLISH:
        questions = balanced_pairs(options.data / "reading", tokenizer, options.seed, options.size)
        claims = more_claims(options.data / "claims", tokenizer, options.seed, options.size)
    else:
        sources = options.data, tokenizer, options.dictionaries, options.seed, options.size
        questions, claims = multilingual_pairs(*sources, SWITCHED), multilingual_claims(*sources)
    chance = random.Random(f"student {options.seed}")  # noqa: S311  # draws rows, not secrets
    questions += elsewhere(questions, _ELSEWHERE, chance)
    teacher = shipped(options.teacher)
    student = student_of(teacher)
    fit(student, questions, claims, options.seed, folder, RATE, frozen_layers=FROZEN, losses_of=Lessons(teacher))
    torch.save(student.state_dict(), folder / "weights.pt")
    (folder / "counts.json").write_text(json.dumps(counts_of(questions, claims)), "utf-8")


if __name__ == "__main__":
    main()
