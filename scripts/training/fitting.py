"""Fits the network to the pairs: AdamW, warm-up and linear decay; goes on from its last checkpoint.

It runs on an accelerator where there is one, and in whichever of bfloat16 and 32 bits a step is quicker: bfloat16 takes
half the time on a processor that has instructions for it, and sixty times as long on one that has not.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  # PyTorch's own short name

from scripts.training.data import Pair, batches
from scripts.training.model import ReaderAndJudge

RATE, HEADS_RATE, WARM_UP, DECAY = 1e-4, 5.0, 0.06, 0.01
READING_BATCH, CLAIMS_BATCH = 32, 64
FROZEN = 3  # layers nearest to the words that stay as they are
_CHECKPOINT = 200  # steps
_TRIED = 4  # pairs of the step that is timed


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs as tensors: token ids and text numbers (n, tokens), span (n, 2) with -1 where there is none, truth (n,)."""

    ids: Tensor
    types: Tensor
    span: Tensor
    truth: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same, on another device."""
        return Batch(*(one.to(device) for one in (self.ids, self.types, self.span, self.truth)))


def tensors(pairs: Sequence[Pair], padding: int = 0) -> Batch:
    """The pairs side by side, filled up with `padding`."""
    longest = max(len(pair.ids) for pair in pairs)
    ids = torch.full((len(pairs), longest), padding, dtype=torch.long)
    types = torch.zeros_like(ids)
    for n, pair in enumerate(pairs):
        ids[n, : len(pair.ids)] = torch.tensor(pair.ids)
        types[n, pair.first : len(pair.ids) - 1] = 1
    span = torch.tensor([pair.span or (-1, -1) for pair in pairs])
    return Batch(ids, types, span, torch.tensor([float(pair.truth) for pair in pairs]))


def fit(
    model: ReaderAndJudge,
    reading: list[Pair],
    claims: list[Pair],
    seed: int,
    folder: Path,
    rate: float = RATE,
    frozen_layers: int = FROZEN,
) -> None:
    """Train `model` on all pairs once, in an order that `seed` gives; state and log are kept in `folder`.

    `rate` is the highest of the learning rates, which rises over the first steps and then falls to nothing. The word
    table stays as it is, and so do the `frozen_layers` nearest to it, with places and texts if there are any.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)  # noqa: S311  # an order, no secret
    steps = [(False, batch) for batch in batches(reading, READING_BATCH, chance)]
    steps += [(True, batch) for batch in batches(claims, CLAIMS_BATCH, chance)]
    chance.shuffle(steps)
    table = model.bert.embeddings if frozen_layers else model.bert.embeddings["word_embeddings"]
    frozen = [table, *model.bert.encoder["layer"][:frozen_layers]]
    for part in frozen:
        part.requires_grad_(False)
    trained = [p for p in model.bert.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "lr": rate, "weight_decay": DECAY},
        {"params": [p for p in trained if p.ndim == 1], "lr": rate, "weight_decay": 0.0},
        {"params": list(model.heads.parameters()), "lr": rate * HEADS_RATE, "weight_decay": DECAY},
    ]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    optimiser = torch.optim.AdamW(groups, fused=True)

    def pace(step: int) -> float:
        return min(step / (WARM_UP * len(steps)), (len(steps) - step) / ((1 - WARM_UP) * len(steps)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(0.0, pace(step + 1)))
    saved = folder / "checkpoint.pt"
    done, numbers = 0, None
    if saved.exists():
        state = torch.load(saved, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        done, numbers = state["done"], getattr(torch, state["numbers"])
    numbers = numbers or quickest_numbers(model, tensors(reading[:_TRIED], model.bert.padding).to(device))
    print({"pairs": len(reading) + len(claims), "steps": len(steps), "done": done, "in": str(numbers)}, flush=True)
    started, sums, counts = time.time(), Counter[str](), Counter[str]()
    for number, (claim, pairs) in enumerate(steps):
        if number < done:
            continue
        losses = missed(model, tensors(pairs, model.bert.padding).to(device), claim, numbers)
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        schedule.step()
        for name, loss in losses.items():
            sums[name] += float(loss.detach())
            counts[name] += 1
        if (number + 1) % _CHECKPOINT == 0 or number + 1 == len(steps):
            means = {name: round(total / counts[name], 4) for name, total in sums.items()}
            told = {"step": number + 1, "of": len(steps), "seconds": round(time.time() - started), **means}
            with (folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(told) + "\n")
            print(told, flush=True)
            sums, counts = Counter[str](), Counter[str]()
            state = {
                "model": model.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "done": number + 1,
                "numbers": str(numbers).removeprefix("torch."),
            }
            torch.save(state, saved.with_suffix(".part"))
            saved.with_suffix(".part").replace(saved)
    model.to("cpu")
    for part in frozen:
        part.requires_grad_(True)


def quickest_numbers(model: ReaderAndJudge, batch: Batch) -> torch.dtype:
    """The kind of numbers with which a step over `batch` takes less time, 32 bits or bfloat16."""
    taken = {}
    for numbers in (torch.float32, torch.bfloat16):
        for _ in range(2):  # what is only done the first time is not counted
            started = time.perf_counter()
            torch.stack(list(missed(model, batch, False, numbers).values())).sum().backward()
            taken[numbers] = time.perf_counter() - started
    model.zero_grad()
    return min(taken, key=taken.__getitem__)


def missed(model: ReaderAndJudge, batch: Batch, claim: bool, numbers: torch.dtype) -> dict[str, Tensor]:
    """How far the model misses the truth of a batch of questions, or of claims, by task."""
    with torch.autocast(batch.ids.device.type, numbers, enabled=numbers != torch.float32):
        if claim:
            return {"support": F.binary_cross_entropy_with_logits(model.judge(batch.ids, batch.types), batch.truth)}
        spans, answer = model.read(batch.ids, batch.types)
    losses = {"answer": F.binary_cross_entropy_with_logits(answer, batch.truth)}
    having = batch.span[:, 0] >= 0
    if having.any():
        chosen = spans[having].gather(2, batch.span[having][:, :, None])
        losses["span"] = -chosen.sum(1).mean() / 2
    return losses
