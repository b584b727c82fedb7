"""Near misses made by turning one word of a question into its opposite: "the largest lake" → "the smallest lake".

Beside the same questions with synonyms, which are answered as before, they show which words mean the same.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from lemminflect import getAllLemmas, getInflection

from scripts.training.rewording import WORDNET, content_lines, seen

_PARTS = {"NOUN": ("noun", 1), "VERB": ("verb", 2), "ADJ": ("adj", 3), "ADV": ("adv", 4)}
_KEPT = frozenset("be have do go get make take act first last".split())
_LEAST_SEEN = 3  # times, in any sense, that both words must have been seen
_TAGS = ("NN", "NNS", "VB", "VBD", "VBG", "VBN", "VBZ", "VBP", "JJ", "JJR", "JJS", "RB", "RBR", "RBS")
_STEM = 4  # letters that tell that a word stands in a text in some form


class Opposites:
    """Opposites of words, in the same form: "won" → "lost"."""

    def __init__(self, folder: Path = WORDNET) -> None:
        """Read WordNet. Raises FileNotFoundError where it is not installed."""
        self._of: dict[tuple[str, str], list[str]] = {}
        self._seen: Counter[tuple[str, int]] = Counter()
        for (word, part, _), count in seen(folder).items():
            self._seen[word, part] += count
        for kind, (name, _) in _PARTS.items():
            words: dict[str, list[str]] = {}
            pairs = []
            for line in content_lines(folder / f"data.{name}"):
                fields = line.split(" ")
                count = int(fields[3], 16)
                words[fields[0]] = [word.split("(")[0] for word in fields[4 : 4 + 2 * count : 2]]
                pointers = fields[5 + 2 * count :]
                for place in range(0, 4 * int(fields[4 + 2 * count]), 4):
                    sign, other, _, ends = pointers[place : place + 4]
                    if sign == "!":
                        pairs.append((fields[0], int(ends[:2], 16), other, int(ends[2:], 16)))
            for one, first, other, second in pairs:
                self._of.setdefault((words[one][first - 1], kind), []).append(words[other][second - 1])

    def of(self, word: str) -> list[str]:
        """The opposites of `word`, in its form."""
        if not (word.isalpha() and word.islower() and len(word) > 2):
            return []
        known = [
            (self._seen[lemmas[0], _PARTS[kind][1]], kind, lemmas[0])
            for kind, lemmas in getAllLemmas(word).items()
            if kind in _PARTS
        ]
        often, kind, lemma = max(known, default=(0, "", ""))
        if often < _LEAST_SEEN or lemma in _KEPT:
            return []
        found = []
        for other in self._of.get((lemma, kind), []):
            tag = next((tag for tag in _TAGS if word in getInflection(lemma, tag)), None)
            form = other if tag is None or word == lemma else next(iter(getInflection(other, tag)), "")
            if self._seen[other, _PARTS[kind][1]] >= _LEAST_SEEN and form.isalpha() and form != word:
                found.append(form)
        return found


def turned(question: str, passage: str, opposites: Opposites, chance: random.Random) -> str | None:
    """The question with one word that the passage has, in some form, replaced by an opposite that it does not have."""
    text = passage.lower()
    words = question.split()
    choices = []
    for place, word in enumerate(words[1:], 1):
        bare = word.rstrip("?.,")
        if bare[:_STEM] in text and words[place - 1].lower() != "how":
            unheard = [other for other in opposites.of(bare) if other[:_STEM] not in text and other not in words]
            choices += [(place, other + word[len(bare) :]) for other in unheard]
    if not choices:
        return None
    place, other = chance.choice(choices)
    return " ".join([*words[:place], other, *words[place + 1 :]])
