"""The model card of the multilingual reader: what it was made from, how well it does by language, what it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LANGUAGES = {"de": "German", "en": "English", "es": "Spanish", "ru": "Russian", "zh": "Chinese"}
_CARD = """# Reader and judge of other languages

A network of 12 layers that reads two texts at once, as the English one does ([READER.md](READER.md)), in some twenty
languages, and a question in one language with a text in another. Besides the question it takes what was said before:
the last question, its answer, and the question before. It reads up to 320 pieces of words at a time.

| file | what it is |
|---|---|
| `multilingual-reader.onnx` | the graph for ONNX Runtime, written as it is to run |
| `multilingual-reader.bin` | its layers and heads, 8-bit; mapped into memory |
| `multilingual-words.bin` | its table of words, 4-bit, which is that of the embedder of other languages |
| `multilingual-reader.json` | the numbers that make an order, a confidence and a refusal of what it says |

## Licence

The weights were trained on data under share-alike terms and are licensed under the Creative Commons
Attribution-ShareAlike 4.0 International licence, CC BY-SA 4.0: `READER-LICENSE`. `READER-DATA.md` names every source
with its licence. Training began from multilingual-e5-small (MIT; `E5-LICENSE`).

## How it was made

    python -m scripts.training.multilingual --data DATA --dev DEV --ship

In three passes, each row once in random order. First pass: {first}. Second pass: {second}. Third pass: {third}. The
rows: 22 languages, drawn by the square root of what there is; questions with the same text in another language, where a
data set has both (MLQA, the Portuguese part of SQuAD); English ones, 45 % of them (60 % in the third pass) with words
of another language (FreeDict); conversations. AdamW with a peak rate of 1e-4 (heads five times as much), linear decay,
bfloat16; the word table stayed as it was, in its 4 bits. Nothing of the development sets or of the article in `seeds/`
was trained on.

## How well it does

XQuAD's development questions, each with its own paragraph (F1 of the likeliest words) and with the next paragraph of
the same article in the same language (does it answer?), as it ships; the threshold is the best one for all pairs:

| question → text | answerable | near misses | F1 | F1 in 32 bits | AUC | balanced accuracy |
|---|---:|---:|---:|---:|---:|---:|
{pairs}

English, where the other network reads, in 32 bits and as it ships:

{english}

What the numbers in `multilingual-reader.json` achieve on XQuAD in the library's own passages; what was fitted is
cross-fitted (chosen on one half of the articles, judged on the other):

{said}

An answer is given from a confidence of {threshold} on. docs/languages.md and docs/evaluation.md have the figures of the
whole program.

## What it cannot

As the English one; and it has seen fewer rows. Near misses that people wrote it tells badly (SQuAD 2.0, above), and no
Italian, Polish, Dutch, Greek, Hebrew or Ukrainian text was among its rows: it reads these by what it knew before.
"""


def card(counts: Sequence[Mapping[str, int]], told: Mapping[str, Any], said: Sequence[str], threshold: float) -> str:
    """The card as Markdown; `counts` are those of the three passes, `threshold` the confidence from which to answer."""
    first, second, third = (", ".join(f"{number:,} {name}" for name, number in one.items()) for one in counts)
    ships, full = told["8 bits"], told["32 bits"]
    english = ["| | 32 bits | as it ships |", "|---|---:|---:|"]
    english += [
        f"| {name} | {value:.3f} | {ships['in English'][name]:.3f} |" for name, value in full["in English"].items()
    ]
    return _CARD.format(
        first=first,
        second=second,
        third=third,
        pairs="\n".join(_row(pair, found, full["by pair"][pair]["F1"]) for pair, found in ships["by pair"].items()),
        english="\n".join(english),
        said="\n".join(f"- {line}" for line in dict.fromkeys(said) if not line.startswith(("hit@1", "threshold"))),
        threshold=threshold,
    )


def _row(pair: str, found: Mapping[str, float], full: float) -> str:
    name = " → ".join(_LANGUAGES[one] for one in pair.split("-")) if "-" in pair else pair
    figures = " | ".join(f"{value:.3f}" for value in (found["F1"], full, found["AUC"], found["balanced"]))
    return f"| {name} | {found['answerable']:,} | {found['near misses']:,} | {figures} |"
