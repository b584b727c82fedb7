"""Names and noun phrases in English text, by form alone, with a guess at which names are persons'.

No dictionary of names: what stands beside a name tells ("Secretary of State Antony Blinken", "Mao emphasized", "in
Ukraine"). Every step reads the words once from left to right. Knows no conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.passages import Span

_WORD = re.compile(r"[^\W_]+(?:[-’'.&][^\W_]+)*")
_NAMES_WHEN_CAPITAL = frozenset(("US", "IT", "WHO", "May", "Will"))  # small words when written small
_POSSESSIVE = re.compile(r"[’'](?:s|S)?$")

PRONOUNS = frozenset(
    "i me my mine you your yours we us our ours he him his himself she her hers herself it its itself they "
    "them their theirs themselves this that these those one ones".split()
)
QUESTION_WORDS = frozenset("who whom whose what when where why which how".split())
AUXILIARIES = frozenset(
    "is are was were am be been being do does did has have had can could will would shall should may might must "
    "isn't aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't can't couldn't won't wouldn't".split()
)
PREPOSITIONS = frozenset(
    "about above across after against along among around as at before behind below beneath beside besides "
    "between beyond by despite during except for from in inside into like near of off on onto out outside "
    "over per since than through throughout to toward towards under until up upon via with within without".split()
)
CONJUNCTIONS = frozenset("and or but nor so if because although though while whereas unless whether".split())
_DETERMINERS = frozenset("a an the my your our his her its their this that these those".split())
QUANTIFIERS = frozenset(
    "some any all both each every either neither no none many much more most few fewer less least several "
    "another other others such same else anyone anybody anything anywhere someone somebody something "
    "somewhere everyone everything nobody nothing".split()
)
# What ends in -ly and is no adverb.
_LY_NOUNS = frozenset("family supply reply ally italy july assembly monopoly anomaly".split())
_BE = frozenset("is are was were be been being isn't aren't wasn't weren't".split())
_NEED_A_VERB = AUXILIARIES - _BE - frozenset("has have had hasn't haven't hadn't".split())
_ADVERBS = frozenset(
    "not also only just even ever never still yet already again now then here there today yesterday "
    "tomorrow often always usually sometimes once soon later earlier too very really actually originally "
    "currently exactly first together back however moreover furthermore meanwhile additionally according "
    "yes please okay ok well".split()
)
_IMPERATIVES = frozenset(
    "tell describe explain give list name compare contrast discuss outline summarise summarize define show let".split()
)
# Verbs that questions are made with. A lower-case word after a noun phrase is a verb only if it stands here: without a
# dictionary nothing else tells "exercise affect" from "exercise programme".
_VERBS = (
    "accept accuse achieve act affect agree allow announce answer appear argue arrive ask attack become begin "
    "believe belong blame bring build buy call cause celebrate change choose claim come compare concern consider "
    "consist contain consume continue contribute control cook cost create criticise criticize cut damage deal "
    "decide decline defend deny depend describe develop die differ discover do eat emerge emphasise emphasize "
    "enable end evolve exist expect express face fall feel fight find fly follow form gain get give go grow happen "
    "hate have hear help highlight hold hope hurt impact improve include increase influence inspire intend "
    "introduce invent involve join keep kill know last lead learn leave let lie like live look lose love make "
    "marry matter mean meet mention move need occur offer open originate own pay plan play pledge prevent produce "
    "promise propose protect provide publish put reach react read receive reduce reject relate remain replace "
    "reply report represent require respond result return run say see seem sell send serve set show sign solve "
    "speak spend spread stand start state stay stop study succeed suffer suggest support suppose survive swim take "
    "talk teach tell think treat try turn understand use visit vote wait want warn win wish work worry write"
)
_IRREGULAR = (
    "became began brought built bought came chose dealt died ate fell felt fought found gave given went gone grew "
    "grown had heard held kept knew known led left lost made meant met paid ran said saw seen sold sent spoke "
    "spoken spent stood took taken taught told thought understood won wrote written born done got"
)


def _inflected(verbs: str) -> Iterator[str]:
    for verb in verbs.split():
        stem = verb[:-1] if verb.endswith("e") else verb
        yield from (verb, f"{verb}s", f"{stem}ed", f"{stem}ing")
        if verb.endswith("y"):
            yield from (f"{verb[:-1]}ies", f"{verb[:-1]}ied")
        if verb.endswith(("ch", "sh", "ss", "x", "o")):
            yield f"{verb}es"
        yield from (f"{verb}{verb[-1]}ed", f"{verb}{verb[-1]}ing")


_IRREGULAR_FORMS = frozenset(_IRREGULAR.split())
VERB_FORMS = _IRREGULAR_FORMS | frozenset(_inflected(_VERBS))
# Adjectives that are said of something more often than they stand before it.
_PREDICATES = frozenset(
    "different similar important famous popular good bad free legal ethical safe effective harmful healthy "
    "related true possible responsible available common unique best better worse worst same wrong right "
    "neutral involved".split()
)
FUNCTION_WORDS = frozenset(
    PRONOUNS
    | QUESTION_WORDS
    | AUXILIARIES
    | PREPOSITIONS
    | CONJUNCTIONS
    | _DETERMINERS
    | QUANTIFIERS
    | _ADVERBS
    | _IMPERATIVES
)
_ENDS_PHRASE = (FUNCTION_WORDS | VERB_FORMS) - _DETERMINERS

_MALE = frozenset("mr sir lord king prince father brother husband son chairman spokesman actor businessman".split())
_FEMALE = frozenset(
    "mrs ms miss lady dame queen princess mother sister wife daughter chairwoman spokeswoman actress "
    "businesswoman".split()
)
TITLES = (
    _MALE
    | _FEMALE
    | frozenset(
        "dr prof professor president vice-president minister premier secretary chancellor senator "
        "congressman congresswoman governor mayor judge justice general colonel captain lieutenant "
        "sergeant pope bishop archbishop reverend rabbi imam ayatollah emperor empress spokesperson "
        "director chairperson ceo founder author writer artist singer composer scientist physicist "
        "professor coach player leader ambassador envoy attorney officer lawyer detective doctor nurse "
        "analyst economist historian journalist correspondent novelist poet philosopher".split()
    )
)
_PERSON_NOUNS = TITLES | frozenset(
    "man woman boy girl child person guy lady gentleman friend neighbour neighbor victim suspect witness "
    "winner owner teacher student member hero heroine villain character defendant patient speaker killer "
    "driver inventor aunt uncle baby kid".split()
)
# What a body, a place or an event is called by its last word.
_BODY_WORDS = frozenset(
    "agency army association bank bay board bridge bureau church city club college commission committee "
    "company conference congress corp corporation council county court cup department district festival "
    "force forces foundation government group hall hospital house inc institute island islands kingdom "
    "lake league ltd ministry mountain mountains movement museum nations office open organisation "
    "organization parliament park party prize province republic river sea school senate service society "
    "state states street system team times treaty tribunal union university war".split()
)
_SAYING = frozenset(
    _inflected(
        "say tell state warn emphasise emphasize reiterate highlight claim argue add ask explain believe think "
        "write announce insist deny reply express stress smile laugh marry speak want feel resign smoke"
    )
) | frozenset("said told thought wrote spoke felt".split())
_LINKED_BY = frozenset("of de del della van von der den bin al el la the and".split())
_STRONG_PLACE = frozenset("in near across throughout into within toward towards inside outside".split())
_WEAK_PLACE = frozenset("to from at over for on against".split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place; `base` is lower case, without a possessive ending."""

    text: str
    start: int
    base: str

    @property
    def end(self) -> int:
        """Where it ends, exclusive."""
        return self.start + len(self.text)

    @property
    def possessive(self) -> bool:
        """Whether it ends in an apostrophe with or without s."""
        return _POSSESSIVE.search(self.text) is not None

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text, and how much speaks for its being a person's (below 0: a place's or thing's).

    `gender` is "m" or "f" where a title tells, else empty.
    """

    text: str
    score: float
    gender: str = ""
    start: int = 0

    @property
    def person(self) -> bool:
        """Whether more speaks for a person than against."""
        return self.score > 0.5


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase of a question: its place and words, whether it is a name, more than one, a person, and whether it
    completes the phrase before it ("the origins *of the Justice League*").
    """

    span: Span
    text: str
    name: bool
    plural: bool
    person: bool
    completes: bool = False


def words_of(text: str) -> list[Word]:
    """The words of `text` in order."""
    shouted = text.isupper()
    return [
        Word(match.group(), match.start(), _base(match.group(), keep=not shouted and match.start() > 0))
        for match in _WORD.finditer(text)
    ]


def _base(word: str, *, keep: bool) -> str:
    if keep and word in _NAMES_WHEN_CAPITAL:
        return word
    return _POSSESSIVE.sub("", word).lower().replace("’", "'")


def names_in(text: str) -> list[Name]:
    """The names in `text`, in order; none in a text that is all capitals."""
    if text.isupper():
        return []
    words = words_of(text)
    ordinary = {word.text for word in words if not word.capital}
    found: list[Name] = []
    index = 0
    while index < len(words):
        first = index
        if not _starts_name(words, first, text, ordinary):
            index += 1
            continue
        index = _end_of_name(words, first, text)
        name = _name(words, first, index, text)
        if name is not None:
            found.append(name)
    return found


def _starts_name(words: Sequence[Word], index: int, text: str, ordinary: set[str]) -> bool:
    word = words[index]
    if not word.capital or word.base in FUNCTION_WORDS:
        return False
    opens = index == 0 or any(mark in text[words[index - 1].end : word.start] for mark in ".!?:")
    # A capital at the start of a sentence tells nothing of a word that is also written small, or that is a verb.
    return not opens or (word.text.lower() not in ordinary and word.base not in VERB_FORMS)


def _end_of_name(words: Sequence[Word], first: int, text: str) -> int:
    """The index after the last word of the name that begins at `first`."""
    end = first + 1
    while end < len(words) and not words[end - 1].possessive:
        gap = text[words[end - 1].end : words[end].start]
        # "Mr. Smith", "J. Smith": a full stop inside a name follows a title or an initial.
        short = len(words[end - 1].text) == 1 or words[end - 1].base in TITLES or "." in words[end - 1].text
        if gap != " " and not (gap == ". " and short):
            break
        linked = words[end].text in _LINKED_BY - {"and"} and end + 1 < len(words) and words[end + 1].capital
        if linked and text[words[end].end : words[end + 1].start] == " ":
            end += 2
        elif words[end].capital and words[end].base not in FUNCTION_WORDS:
            end += 1
        else:
            break
    return end


def _name(words: Sequence[Word], first: int, end: int, text: str) -> Name | None:
    body = words[end - 1].base in _BODY_WORDS  # "Justice League" is no judge
    titled = [] if body else [index for index in range(first, end) if words[index].base in TITLES]
    start = first
    if titled:
        start = titled[-1] + 1
        if start + 2 < end and words[start].text == "of":
            start += 2
        if start >= end or words[start].text == "of":
            start = first  # nothing but the office: "the Treasury Secretary"
    before = [word.base for word in words[max(0, first - 2) : first]][::-1]
    after = words[end].base if end < len(words) and len(text[words[end - 1].end : words[end].start]) < 3 else ""
    title = [words[index].base for index in titled] or [base for base in before[:1] if base in TITLES]
    name = text[words[start].start : words[end - 1].end]
    name = _POSSESSIVE.sub("", name)
    if len(name) < 2:
        return None
    genders = {"m" for one in title if one in _MALE} | {"f" for one in title if one in _FEMALE}
    score = _personal(words[start:end], bool(title), before, after, "," in text[words[end - 1].end :][:1])
    return Name(name, score, genders.pop() if len(genders) == 1 else "", words[start].start)


def _personal(name: Sequence[Word], titled: bool, before: Sequence[str], after: str, comma: bool) -> float:
    score = 2.0 if titled else 0.0
    if after in _SAYING and not name[-1].possessive:
        score += 1
    if len(name) > 1 and not name[-1].possessive:
        score += 0.25
    if before and before[0] == "the" and not titled:
        score -= 1
    if name[-1].base in _BODY_WORDS or any(word.text in {"of", "the"} for word in name):
        score -= 2 * (not titled)
    before = [base for base in before if base != "the"]
    if before and before[0] in _STRONG_PLACE:
        score -= 1.5
    elif before and before[0] in _WEAK_PLACE:
        score -= 0.5
    elif before and before[0] == "by" and not comma:
        score += 0.5
    if name[-1].possessive:
        score -= 0.25
    if len(name) == 1 and (name[0].text.isupper() or "." in name[0].text):
        score -= 1
    # "Chinese officials", "Western nations": an adjective, not a bearer.
    if after and len(name) == 1 and after not in _ENDS_PHRASE and not after.endswith(("ed", "s'")):
        score -= 0.75
    return score


def _same_bearer(one: str, other: str) -> bool:
    """Whether one name is part of the other by whole words: "Mao" and "Mao Ning", "Blinken" and "Antony Blinken"."""
    shorter, longer = sorted((one.split(), other.split()), key=len)
    return (shorter[0] == longer[0] and len(shorter) == 1) or shorter == longer or shorter == longer[-len(shorter) :]


def bearers(found: Sequence[Name]) -> list[Name]:
    """One name for each bearer, the longest that was used, in order of first mention, with the evidence added up."""
    merged: list[Name] = []
    for name in found[:200]:
        for index, known in enumerate(merged):
            if _same_bearer(known.text, name.text):
                longest = max(known.text, name.text, key=len)
                merged[index] = Name(
                    longest, known.score + name.score, known.gender or name.gender, min(known.start, name.start)
                )
                break
        else:
            merged.append(name)
    return merged


def noun_phrases(question: str) -> list[Phrase]:
    """Names and phrases such as "the trade partner" in a question, in order, not overlapping.

    Two that "and" joins are one.
    """
    words = words_of(question)
    persons = {name.start: name.person for name in names_in(question)}
    phrases: list[Phrase] = []
    index = previous_end = 0
    while index < len(words):
        end = _end_of_phrase(words, index, question)
        if end == index:
            index += 1
            continue
        phrase = _phrase(words, index, end, question, persons)
        joined = bool(phrases) and index > 1 and words[index - 1].base == "and"
        # What is left after the predicate was taken off a phrase is no phrase: "Did Lufthansa | merge with …".
        leftover = index and index == previous_end and end == index + 1 and words[index].text.islower()
        previous_end = end
        if leftover:
            phrase = None
        if phrase is not None and joined and words[index - 2].end == phrases[-1].span.end:
            phrases[-1] = _both(phrases[-1], phrase, question)
        elif phrase is not None:
            phrases.append(phrase)
        index = end
    return phrases


def _end_of_phrase(words: Sequence[Word], first: int, text: str) -> int:
    end = first
    nominal = _verbs_are_nouns(words, first)
    while end < len(words):
        word = words[end]
        inside = end > first
        if inside and _links(words, end) and text[words[end - 1].end : word.start] == " ":
            end += 2  # "the Secretary of State"
            continue
        if inside and (text[words[end - 1].end : word.start] != " " or word.base in _DETERMINERS):
            break
        name = word.capital and end > 0 and word.base not in FUNCTION_WORDS
        # "sanctions hurt Russia": a name after a common noun begins a phrase of its own, unless "the" holds them.
        if inside and name and not words[end - 1].capital and words[first].base not in _DETERMINERS:
            break
        noun = inside and word.base in VERB_FORMS and (nominal or words[end - 1].base in _DETERMINERS)
        # "oxygen transported", "the people protesting": a participle after its noun.
        noun = noun and (words[end - 1].base in _DETERMINERS or not _is_participle(word.base))
        noun = noun or (inside and word.base in {"most", "more", "least"} and words[end - 1].base == "the")
        if not name and not noun and (word.base in _ENDS_PHRASE or _is_adverb(word.base)):
            break
        if not name and end > first + 1 and word.base.endswith(("ed", "ing")) and len(word.base) > 5:
            break
        end += 1
    while end > first + 1 and words[end - 1].base in _PREDICATES and words[first].base not in _DETERMINERS:
        end -= 1
    return _without_predicate(words, first, end)


def _links(words: Sequence[Word], index: int) -> bool:
    """Whether the word holds two parts of a name together."""
    if words[index].text not in _LINKED_BY - {"and"} or index + 1 >= len(words):
        return False
    before, after = words[index - 1], words[index + 1]
    return before.capital and not before.possessive and after.capital and before.base not in FUNCTION_WORDS


def _verbs_are_nouns(words: Sequence[Word], first: int) -> bool:
    """Whether "plan" or "causes" can only be nouns here: after a form of "be", or in "tell me about …"."""
    auxiliary = next((word.base for word in reversed(words[:first]) if word.base in AUXILIARIES), "")
    return auxiliary in _BE or (not auxiliary and words[0].base in _IMPERATIVES and first > 0)


def _without_predicate(words: Sequence[Word], first: int, end: int) -> int:
    """The end of the phrase without the verb or adjective that its auxiliary calls for: "Did Netflix | shift from …",
    "Is Red Bull | bad for you?".
    """
    if end - first < 2 or first == 0 or (end - first == 2 and words[first].base in _DETERMINERS):
        return end
    auxiliary, following = words[first - 1].base, words[end].base if end < len(words) else ""
    if auxiliary in _NEED_A_VERB:
        lacking = not any(word.base in VERB_FORMS for word in words[end:])
    else:
        opening = first == 1 or (first == 2 and words[0].base == "why")
        lacking = auxiliary in _BE and opening and (not following or following in PREPOSITIONS | CONJUNCTIONS)
    return end - 1 if lacking and not words[end - 1].capital else end


def _is_participle(word: str) -> bool:
    return word.endswith(("ed", "ing")) or word in _IRREGULAR_FORMS


def _is_adverb(word: str) -> bool:
    return len(word) > 4 and word.endswith("ly") and word not in _LY_NOUNS


def _phrase(words: Sequence[Word], first: int, end: int, text: str, persons: dict[int, bool]) -> Phrase | None:
    head = words[end - 1]
    alone = end - first == 1
    if alone and (head.base in _DETERMINERS or (not head.capital and _is_adjective(words, first))):
        return None
    said = _POSSESSIVE.sub("", text[words[first].start : head.end])
    span = Span(words[first].start, words[first].start + len(said))
    core = [word for word in words[first:end] if word.base not in _DETERMINERS]
    name = all(word.capital for word in core) and (first > 0 or len(core) > 1 or words[first].start in persons)
    person = head.base in _PERSON_NOUNS or any(persons.get(word.start, False) for word in core if name)
    plural = _is_plural(head.base) or words[first].base in {"these", "those"}
    if name:  # "Brussels" ends like "Cubesats": the verb tells
        plural = plural and first > 0 and words[first - 1].base in {"are", "were", "do", "have"}
    completes = first > 1 and words[first - 1].base in {"of", "for"} and words[first - 2].base not in _ENDS_PHRASE
    return Phrase(span, said, name, plural, person, completes)


def _is_adjective(words: Sequence[Word], index: int) -> bool:
    """Whether a lone small word is no noun: "how reliable is …", "which are closest to …"."""
    word = words[index].base
    before = words[index - 1].base if index else ""
    if before in {"how", "he", "she", "it", "they", "we", "you"} or word in _PREDICATES:
        return True
    return word.endswith(("est", "able", "ible", "ous", "ful", "ive", "ier", "que")) and len(word) > 4


def _is_plural(noun: str) -> bool:
    if noun in {"people", "men", "women", "children", "police", "data", "media", "mice", "teeth", "feet"}:
        return True
    return len(noun) > 3 and noun.endswith("s") and not noun.endswith(("ss", "us", "is", "ics", "'s"))


def _both(one: Phrase, other: Phrase, text: str) -> Phrase:
    span = Span(one.span.start, other.span.end)
    return Phrase(
        span, text[span.start : span.end], one.name and other.name, True, one.person and other.person, one.completes
    )
