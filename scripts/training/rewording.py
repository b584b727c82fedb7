"""The same question in other words: synonyms of WordNet, and the turns of speech in which people put a question.

A question means about the same afterwards, so that whether a text answers it does not change.
"""

from __future__ import annotations

import random
from pathlib import Path

from lemminflect import getAllLemmas, getInflection

WORDNET = Path("/usr/share/wordnet")  # where Debian's package wordnet-base puts it
_PARTS = {"NOUN": ("noun", 1), "VERB": ("verb", 2), "ADJ": ("adj", 3), "ADV": ("adv", 4)}
_TAGS = {
    "NOUN": ("NN", "NNS"),
    "VERB": ("VB", "VBD", "VBG", "VBN", "VBZ", "VBP"),
    "ADJ": ("JJ", "JJR", "JJS"),
    "ADV": ("RB", "RBR", "RBS"),
}
_COMMON_SENSES = 2  # senses of a word, most frequent first, that are taken to be meant
_KEPT = frozenset(
    "what which whom whose when where does have been were that this these those there many much with from into "
    "about during after before first last year years name long more most than other kind type".split()
)
_BEFORE = (
    "Hi, ", "Hello! ", "Hey, ", "Hi there, ", "Thanks. ", "OK, and ", "So, ", "Right, ", "Tell me: ",
    "Quick question: ", "Please tell me: ", "I wonder: ", "According to the text, ", "According to the article, ",
    "In this story, ", "In this text, ", "From what is written here, ", "As the author says, ", "Good morning, ",
    "One more thing: ",
)  # fmt: skip  # a list to read, not a column
_AFTER = (
    " in this story", " in the article", " according to the text", " here", ", please", ", do you know", " exactly",
    " in this text", ", as reported", ", by this account", " then", " at all", ", if it says so",
)  # fmt: skip  # a list to read, not a column


class Synonyms:
    """Words that mean the same in a frequent sense, in the same form: "visited" → "saw"."""

    def __init__(self, folder: Path = WORDNET) -> None:
        """Read WordNet. Raises FileNotFoundError where it is not installed."""
        self._counts = seen(folder)
        self._senses: dict[tuple[str, int], list[str]] = {}
        self._sets: dict[tuple[int, str], list[str]] = {}
        for name, part in _PARTS.values():
            for line in content_lines(folder / f"index.{name}"):
                fields = line.split()
                count = int(fields[2])
                self._senses[fields[0], part] = fields[-count:]
            for line in content_lines(folder / f"data.{name}"):
                fields = line.split(" ")
                words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
                self._sets[part, fields[0]] = [word.split("(")[0].lower() for word in words]

    def of(self, word: str) -> list[str]:
        """Other words for `word`, in its form; none for names, numbers and words of grammar."""
        if not (word.isalpha() and word.islower() and len(word) > 3) or word in _KEPT:
            return []
        best: tuple[int, str, str] = (0, "", "")
        for kind, lemmas in getAllLemmas(word).items():
            if kind in _PARTS:
                lemma = lemmas[0]
                seen = sum(self._counts.get((lemma, _PARTS[kind][1], sense), 0) for sense in (1, 2))
                best = max(best, (seen, kind, lemma))
        seen, kind, lemma = best
        if not seen:
            return []
        tag = next((tag for tag in _TAGS[kind] if word in getInflection(lemma, tag)), None)
        part = _PARTS[kind][1]
        found = []
        for place in self._senses.get((lemma, part), [])[:_COMMON_SENSES]:
            for other in self._sets[part, place]:
                sense = self._senses[other, part].index(place) + 1
                if other != lemma and sense <= _COMMON_SENSES and self._counts.get((other, part, sense), 0):
                    found.append(_inflected(other.split("_"), tag, part))
        return [other for other in found if other and other != word]


def reworded(question: str, synonyms: Synonyms, chance: random.Random, share: float = 0.4) -> str:
    """The question with about `share` of the words that have synonyms replaced, one at least."""
    words = question.split()
    choices = {}
    for number, word in enumerate(words):
        bare = word.rstrip("?.,")
        if found := synonyms.of(bare):
            choices[number] = chance.choice(found) + word[len(bare) :]
    if not choices:
        return question
    sure = chance.choice(list(choices))
    for number, other in choices.items():
        if number == sure or chance.random() < share:
            words[number] = other
    return " ".join(words)


def framed(question: str, chance: random.Random) -> str:
    """The question with words before or after it that ask nothing, or in lower case without its mark."""
    kind = chance.random()
    if kind < 0.4:
        before = chance.choice(_BEFORE)
        known = question[:1].lower() + question[1:] if question.split(" ")[0].istitle() else question
        return before + (known if before[-2] in ",:" else question)
    if kind < 0.75:
        bare = question.rstrip("? .")
        return bare + chance.choice(_AFTER) + question[len(bare) :].strip(" ")
    return question.rstrip("? .").lower()


def _inflected(words: list[str], tag: str | None, part: int) -> str:
    """The word or words in the form of `tag`: the first one of a verb, the last one of a noun."""
    if tag is None or len(words) > 2:
        return ""
    place = 0 if part == _PARTS["VERB"][1] else -1
    if tag not in ("NN", "VB", "JJ", "RB"):
        forms = getInflection(words[place], tag)
        if not forms:
            return ""
        words = [*words]
        words[place] = forms[0]
    return " ".join(words)


def seen(folder: Path = WORDNET) -> dict[tuple[str, int, int], int]:
    """How often a word was seen in a sense: word, part of speech, number of the sense."""
    counts = {}
    with (folder / "cntlist.rev").open(encoding="ascii") as lines:
        for line in lines:
            key, sense, count = line.split()
            word, rest = key.split("%")
            part = int(rest[0])
            counts[word, 3 if part == 5 else part, int(sense)] = int(count)
    return counts


def content_lines(file: Path) -> list[str]:
    """The lines of a file of WordNet, without its licence at the top."""
    return [line for line in file.read_text("ascii", "replace").splitlines() if not line.startswith("  ")]
