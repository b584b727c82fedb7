"""What a sentence turns round of another that says nearly the same: another name or number between the same words, a
negation on one side only, an opposite.

English, by the words' stems. Knows no documents, and not whether the two sentences agree otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.answering.figures import COUNTS_NOTHING, Figure, bears_out, figures_in
from bot.answering.names import names_in
from bot.answering.words import BE, DETERMINERS, FUNCTION_WORDS, PREPOSITIONS, Word, words_of

ALIKE = 0.5  # share of a sentence's telling words from which another is taken to say nearly the same
# Shares of a sentence's words that stand in the other in the same order.
_NEARLY = 0.8
_MOSTLY = 0.6
_PARTLY = 0.4
_SHORTEST_STEM = 4
_LONGEST_SENTENCE = 150  # words that are compared
_LONGEST_NAME = 5
_LONGER = 2  # words by which one name may be longer than the other in its place

_NOT = frozenset("not never cannot".split())
_NEGATORS = _NOT | frozenset(
    "no none nobody nothing neither nor without unable fail fails failed refuse refuses refused lack lacks lacked "
    "hardly rarely barely".split()
)
_ALSO_NEGATIVE = frozenset("unless except impossible inability unlikely inconvenient false".split())
_HALF_NEGATED = frozenset("only because until just necessarily to".split())  # after "not"
_REACH = 5  # words after a negation among which is what it denies

_OPPOSITES = tuple(
    tuple(frozenset(side.split()) for side in pair.split("|"))
    for pair in (
        "increase increases increased increasing rise rises rose rising risen grow grows grew growing grown"
        "|decrease decreases decreased decreasing fall falls fell falling fallen decline declines declined declining "
        "drop drops dropped shrink shrank shrunk",
        "more|less fewer",
        "most|least fewest",
        "before|after",
        "first|last",
        "earlier|later",
        "early|late",
        "higher|lower",
        "highest|lowest",
        "larger bigger|smaller",
        "largest biggest|smallest",
        "large big|small",
        "best|worst",
        "better|worse",
        "oldest|youngest newest",
        "older|younger newer",
        "old|young",
        "longest|shortest",
        "maximum|minimum",
        "above over|below under",
        "inside indoors|outside outdoors",
        "left|right",
        "north northern|south southern",
        "east eastern|west western",
        "black|white",
        "always|never",
        "all every|none",
        "win wins won winning|lose loses lost losing",
        "accept accepts accepted|reject rejects rejected deny denies denied",
        "allow allows allowed|forbid forbids forbade forbidden ban bans banned prohibit prohibits prohibited",
        "begin begins began begun start starts started|end ends ended",
        "buy buys bought|sell sells sold",
        "support supports supported supporting|oppose opposes opposed opposing",
        "strengthen strengthened strengthening deepen deepened|weaken weakened weakening",
        "open opened|closed close",
        "success successful succeeded|failure unsuccessful failed",
        "alive living|dead died",
        "possible|impossible",
        "positive|negative",
        "true|false",
        "former|current",
        "major|minor",
        "happy|sad",
        "married|divorced unmarried single",
        "male man men boy boys|female woman women girl girls",
        "husband|wife",
        "brother|sister",
        "son|daughter",
        "father|mother",
    )
)

_ENDINGS = ("ingly", "edly", "ing", "ied", "ies", "ed", "es", "ly", "s", "e")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence with its stem, whether it belongs to a name, and the number that it belongs to."""

    word: Word
    stem: str
    name: bool
    figure: Figure | None

    @property
    def telling(self) -> bool:
        """Whether it says what the sentence is about."""
        return self.word.base not in FUNCTION_WORDS


def tokens_of(sentence: str, ordinary: Collection[str] = ()) -> list[Token]:
    """The words of `sentence`; the stem of a number is its value, so that "six" and "6" are one.

    `ordinary` words are no names where a capital begins the sentence.
    """
    names = [(name.start, name.start + len(name.text)) for name in names_in(sentence)]
    figures = [figure for figure in figures_in(sentence) if figure.value not in COUNTS_NOTHING]
    values = {figure.start: f"#{figure.value:g}" for figure in figures}
    return [
        Token(
            word,
            values.get(word.start) or stem(word.base),
            any(start <= word.start < end for start, end in names) and not (place == 0 and word.base in ordinary),
            next((figure for figure in figures if figure.start <= word.start < figure.end), None),
        )
        for place, word in enumerate(words_of(sentence)[:_LONGEST_SENTENCE])
    ]


def likeness(said: Sequence[Token], known: Sequence[Token]) -> float:
    """The share, 0 to 1, of the telling words of `said` that stand in `known`."""
    telling = {token.stem for token in said if token.telling}
    return len(telling & {token.stem for token in known}) / len(telling) if telling else 0.0


def reversals(said: Sequence[Token], known: Sequence[Token]) -> Iterator[str]:
    """What `said` turns round of `known`, in short reasons."""
    yield from _exchanged(said, known)
    yield from _misplaced(said, known)
    yield from _negated(said, known)
    yield from _opposite(said, known)


def stem(word: str) -> str:
    """A word without its ending: "pledged", "pledges" and "pledge" are "pledg"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM - 1:
            word = word[: -len(ending)]
            break
    if len(word) >= _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) >= _SHORTEST_STEM else word


def akin(one: str, other: str) -> bool:
    """Whether two words begin alike: "Italy" and "Italian"."""
    return min(len(one), len(other)) >= _SHORTEST_STEM and one[:_SHORTEST_STEM] == other[:_SHORTEST_STEM]


# Names and numbers in the place of others


def _exchanged(said: Sequence[Token], known: Sequence[Token]) -> Iterator[str]:
    """A name or number where the other sentence has another one between the same words."""
    mine = [token for token in said if token.word.base not in DETERMINERS]
    theirs = [token for token in known if token.word.base not in DETERMINERS]
    blocks = SequenceMatcher(None, [t.stem for t in mine], [t.stem for t in theirs], autojunk=False).get_opcodes()
    same = [end - start if tag == "equal" else 0 for tag, start, end, _, _ in blocks]
    in_order = sum(same) / max(1, len(mine))
    present = {token.stem for token in mine}
    for index, (tag, start, end, other_start, other_end) in enumerate(blocks):
        if tag != "replace":
            continue
        before = same[index - 1] if index else 0
        after = same[index + 1] if index + 1 < len(blocks) else 0
        alike = abs((other_end - other_start) - (end - start)) <= _LONGER
        new, old = mine[start:end], theirs[other_start:other_end]
        if in_order >= _MOSTLY or (in_order >= _PARTLY and (alike or (before and after))):
            yield from _miscounted(_figures(new), _figures(old), _figures(mine))
        if in_order >= _MOSTLY and before + after > 1 and (alike or (in_order >= _NEARLY and before and after)):
            yield from _instead([t for t in new if t.name], [t for t in old if t.name], present)


def _miscounted(new: Sequence[Figure], old: Sequence[Figure], present: Sequence[Figure]) -> Iterator[str]:
    """The reason, unless the numbers bear each other out or both stand in the sentence."""
    values = {figure.value for figure in present}
    if not new or not old or any(figure.value in values for figure in old):
        return
    if not any(bears_out(said, known) for said in new for known in old):
        yield f"{new[0].text} stands where the quote has {old[0].text}"


def _figures(tokens: Sequence[Token]) -> list[Figure]:
    return list(dict.fromkeys(token.figure for token in tokens if token.figure is not None))


def _instead(new: Sequence[Token], old: Sequence[Token], present: set[str]) -> Iterator[str]:
    """The reason, unless one is a form of the other or both stand in the sentence."""
    if not new or not old or len(new) > _LONGEST_NAME or any(token.stem in present for token in old):
        return
    few, many = sorted((new, old), key=len)
    if few[0].word.text.replace(".", "") == "".join(token.word.text[0] for token in many):
        return
    if not all(any(akin(one.stem, other.stem) for other in many) for one in few):
        yield f"{_text(new)} stands where the quote has {_text(old)}"


def _misplaced(said: Sequence[Token], known: Sequence[Token]) -> Iterator[str]:
    """A name that is said to be what something else is: "Leeds is a firm" where Atlas is "a firm in Leeds"."""
    name = [token for token in said[: _LONGEST_NAME + 1] if token.name]
    if not name or not said[0].name or len(said) <= len(name) + 2:
        return
    verb, article = said[len(name)].word.base, said[len(name) + 1].word.base
    rest = [token.stem for token in said[len(name) + 2 :] if token.telling and not token.name]
    stems = [token.stem for token in known]
    its_verb = next((index for index, token in enumerate(known) if token.word.base in BE), 0)
    if verb not in BE or article not in ("a", "an", "the") or not rest or rest[-1] not in stems[its_verb:]:
        return
    noun = stems.index(rest[-1], its_verb)
    own = {token.stem for token in name}
    if own.intersection(stems[:noun]) or not own <= set(stems[noun:]):
        return
    leading = known[stems.index(name[0].stem, noun) - 1].word.base
    if any(token.name for token in known[:its_verb]) and leading in PREPOSITIONS | DETERMINERS:
        yield f"{_text(name)} is not what the quote calls {known[noun].word.text}"


# Negations and opposites


def _negated(said: Sequence[Token], known: Sequence[Token]) -> Iterator[str]:
    """What one of the two denies and the other says."""
    denied, denied_there = _denied(said), _denied(known)
    negative = denied_there is not None or any(token.word.base in _ALSO_NEGATIVE for token in known)
    if denied is not None and not negative:
        for token in known:
            if token.stem in denied:
                yield f"{token.word.text} is not negated in the quote"
                return
    if denied is None and denied_there:
        once = [t for t in known if t.stem in denied_there and sum(t.stem == other.stem for other in known) == 1]
        strictly = {token.stem for token in once} & _denied_directly(known)
        for token in said:
            if token.stem in strictly:
                yield f"{token.word.text} is negated in the quote"
                return


def _denied(tokens: Sequence[Token]) -> set[str] | None:
    """The stems of the two telling words after each negation; None without any negation."""
    places = list(_negations(tokens))
    if not places:
        return None
    return {
        token.stem for place in places for token in [t for t in tokens[place + 1 : place + 1 + _REACH] if t.telling][:2]
    }


def _denied_directly(tokens: Sequence[Token]) -> set[str]:
    """The stem of the first telling word close after each "not"."""
    return {
        token.stem
        for place in _negations(tokens)
        if tokens[place].word.base in _NOT or tokens[place].word.base.endswith("n't")
        for token in [t for t in tokens[place + 1 : place + 4] if t.telling][:1]
    }


def _negations(tokens: Sequence[Token]) -> Iterator[int]:
    """The places of words that deny what follows: no "No, …", "not only" or "whether or not"."""
    for place, token in enumerate(tokens):
        if token.word.base not in _NEGATORS and not token.word.base.endswith("n't"):
            continue
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        answers = place == 0 and (
            following is None or following.word.start - token.word.end > 1 or following.word.base == "really"
        )
        if answers or (following is not None and following.word.base in _HALF_NEGATED):
            continue
        if place == 0 or tokens[place - 1].word.base != "or":
            yield place


def _opposite(said: Sequence[Token], known: Sequence[Token]) -> Iterator[str]:
    """A word where the other sentence has its opposite, and neither has both."""
    here = {token.word.base for token in said}
    there = {token.word.base for token in known}
    for one, other in _OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            if here & mine and there & theirs and not there & mine and not here & theirs:
                yield f"{min(here & mine)} is {min(there & theirs)} in the quote"


def _text(tokens: Sequence[Token]) -> str:
    return " ".join(token.word.text for token in tokens)
