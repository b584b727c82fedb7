"""Makes a follow-up stand alone: "and the Treasury Secretary?" after "What did Blinken say?" becomes a whole question.

Rules for English over what was said; no model. A question that leans on nothing is left as it is. What cannot be
resolved keeps its words, and the earlier questions help to find passages instead. Knows no documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.answering.draft import plain
from bot.answering.names import (
    AUXILIARIES,
    CONJUNCTIONS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    PRONOUNS,
    QUANTIFIERS,
    QUESTION_WORDS,
    TITLES,
    VERB_FORMS,
    Name,
    Phrase,
    Word,
    bearers,
    names_in,
    noun_phrases,
    words_of,
)
from bot.answers import Exchange
from retrieval.passages import Span

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts → vectors (n, dimensions) of unit length."""

_REMEMBERED = 10  # exchanges that a follow-up may lean on
_CONTEXT_QUESTIONS = 3  # earlier questions that help an unresolved one
_CONTEXT_WORDS = 4  # telling words that these have together, the last one's however many
_SAME_SUBJECT = 0.4  # cosine of two questions from which the later goes on about the earlier one's subject
_FEW_WORDS = 2  # telling words up to which a question is taken to lean on the one before
_NEAR = 4  # exchanges back to which "they" reaches
_READ = 400  # characters of an earlier question or answer that are looked at
_PRONOUNS_READ = 8  # of a question: whoever writes more of them names things too
_LONGEST_FRAGMENT = 7  # words
_ALIKE = 0.35  # cosine from which one phrase may stand in another's place

_LEAD_INS = frozenset("and but so ok okay well then also now hm hmm alright right yes no oh".split())
_POLITE = frozenset("please can could would you kindly i want wanna like to know".split())

_MORE = frozenset(
    (
        "what else|who else|where else|when else|why else|how else|anything else|something else|anyone else"
        "|anybody else|is there anything else|is there more|is that all|are there others|any others|any more"
        "|anything more|what more|tell me more|give me more|say more|more|more details|more information|more info"
        "|any more details|tell me more about it|tell me more about that|tell me more about this"
        "|give me more details|go on|go ahead|continue|keep going|carry on|elaborate|elaborate on that"
        "|elaborate on it|elaborate please|and|what other|others|then|and then|what then|can you elaborate"
        "|could you elaborate|anything further|next"
    ).split("|")
)
_REASONS = {
    **dict.fromkeys(
        (
            "why",
            "why so",
            "how come",
            "for what reason",
            "what for",
            "why is that",
            "why is this",
            "why was that",
            "why's that",
        ),
        "why",
    ),
    **dict.fromkeys(("how so", "how", "in what way", "how is that", "how is that so", "how exactly"), "how"),
    **dict.fromkeys(("why not",), "why not"),
}
_ABOUT = tuple(
    phrase.split()
    for phrase in (
        "what about|how about|what of|what if it is|is it the same for|is it the same with|is that the same for"
        "|the same for|same for|the same question for|same question for|the same with|the same about|about|for"
    ).split("|")
)

_PERSONS = frozenset("he she him her his hers himself herself".split())
_MANY = frozenset("they them their theirs themselves".split())
_THING = frozenset("it its itself".split())
_POINTING = frozenset("that this these those".split())
_OWNING = frozenset("his hers its their theirs".split())
_MASCULINE = frozenset("he him his himself".split())
_SUBJECTS = frozenset("he she it they".split())
_SINGULAR = {"do": "does", "are": "is", "were": "was", "have": "has", "don't": "doesn't", "aren't": "isn't"}

# "Is it true that …", "it is raining": nothing is meant by "it".
_SAID_OF_NOTHING = frozenset(
    "true possible likely unlikely probable certain obvious worth raining snowing cold hot late early time "
    "known said thought believed claimed reported important necessary clear fair better best necessary".split()
)
_WEATHER_AND_TIME = frozenset("rain rains raining snow snows snowing".split())
_SAYING = frozenset("say said says tell told mean think thought claim claimed deny denied know".split())
# What "that" may follow when it stands for something said before: "about that", "did that happen".
_BEFORE_POINTING = PREPOSITIONS | AUXILIARIES | frozenset("do mean cause and say said see like explain".split())
_BEFORE_POINTED_NOUN = (PREPOSITIONS | AUXILIARIES | VERB_FORMS) - _SAYING
_AFTER_POINTING = (PREPOSITIONS | AUXILIARIES | CONJUNCTIONS | QUESTION_WORDS) | frozenset(
    "mean means happen happened happens true work works matter come came cause caused affect help start "
    "end all not really also too".split()
)
# "the article", "this text": the document, not something that was said.
_THE_TEXT = frozenset("article text document page story paper book report passage chapter file website".split())
# Words that point at something said before although they stand for nothing by themselves.
_COMPARED = frozenset("one ones other others another same such former latter both similar different instead".split())
# Heads that are asked for rather than talked about: "the difference", "the name of …".
_ASKED_FOR = frozenset(
    "difference differences kind kinds type types sort name names way ways reason reasons thing things "
    "time example examples role part term meaning number amount lot list something anything everything "
    "nothing".split()
)
_CIRCUMSTANCES = frozenset("when where why how".split())
_DOING = frozenset("do does did has have had can could will would should may might must".split())
_JOINING = frozenset("however moreover furthermore meanwhile additionally also nevertheless but therefore thus".split())
_BEFORE_PLACES = frozenset("in to from at near into across toward towards through around inside".split())
_SUMMARISING = frozenset("summarise summarize outline recap sum".split())
_MEASURES = frozenset("many much long often old far tall big high deep fast".split())
_CLAUSE_BEGINS = frozenset(
    "and but or because if when while before after since although though that who which whom whose where "
    "why how what whether so".split()
)


@dataclass(frozen=True, slots=True)
class StandAlone:
    """A question that can be understood by itself.

    `context` are earlier questions that help to find passages when the question leans on them in ways that its words do
    not show; `seen` the quotes that are not wanted again.
    """

    question: str
    context: str = ""
    seen: tuple[tuple[str, Span], ...] = ()


def stand_alone(question: str, history: Sequence[Exchange], encode: Encode) -> StandAlone:
    """`question` so that it can be understood without `history` (oldest first), whose questions may lean themselves."""
    question = plain(question)
    known: list[Exchange] = []
    for exchange in history[-_REMEMBERED:]:
        asked = plain(exchange.question)[:_READ]
        if not words_of(asked):
            continue
        alone = _alone(asked, known, encode).question
        # "Why: “…”?" goes on about the question before: that one's words are what can be leaned on.
        known.append(replace(exchange, question=known[-1].question if known and _quotes_an_answer(alone) else alone))
    return _alone(question, known, encode)


def resolve_within(question: str, earlier: Sequence[str]) -> str:
    """`question` with its pronouns replaced by what they stand for in `earlier` parts of the same message."""
    return _resolve(question, [Exchange(part) for part in earlier])[0]


def _alone(question: str, history: Sequence[Exchange], encode: Encode) -> StandAlone:
    if not history or not _english(question):
        return StandAlone(question)
    last = history[-1]
    bare = _without_lead_in(question)
    key = " ".join(word.text.lower().replace("’", "'") for word in words_of(bare))
    asked = _drop(key.split(), _POLITE)
    if key in _MORE or asked in _MORE:
        return StandAlone(_more_of(last.question, asked), _context(last.question, history[:-1]), _quoted(history))
    if key in _REASONS:
        return _reason(_REASONS[key], bare, history)
    if _asks_back(bare):
        return _confirmation(question, history)
    fragment = _fragment(bare, led_in=bare != question)
    if fragment is not None:
        return _placed(fragment, bare, history, encode)
    if _opening(bare) in QUESTION_WORDS | AUXILIARIES:
        question = question if bare == question else _capital(bare)
    resolved, complete = _resolve(question, history)
    if resolved != question:
        resolved = _capital(resolved)
    leaning = _leans(resolved, last.question, encode, unresolved=not complete)
    return StandAlone(
        resolved,
        _context(resolved, history) if leaning else "",
        _quoted(history) if any(word.base == "else" for word in words_of(question)) else (),
    )


# What kind of follow-up


def _english(question: str) -> bool:
    """Whether the words may be English: Latin letters, and no more foreign small words than English ones."""
    words = [word.base for word in words_of(question)]
    if any(ord(letter) > 0x24F for word in words for letter in word if letter.isalpha()):
        return False
    foreign = sum(word in _FOREIGN for word in words)
    return foreign == 0 or foreign < sum(word in FUNCTION_WORDS and word not in _FOREIGN for word in words)


_FOREIGN = frozenset(
    # German, Spanish, French, Italian, Portuguese and Dutch small words; "was", "her" and "he" are among them.
    "der die das den dem des und oder ist sind wer wie wo wann warum welche welcher welches ein eine einen "
    "er sie es ich hat haben wurde nicht mit von zu im auf für über noch auch mehr gesagt sagt el la los "
    "las un una unos es son qué que quién quien cómo como dónde donde cuándo cuando cuál por para con del "
    "se su le les une est sont qui quoi où quand comment pourquoi et du au aux il lo gli chi che cosa dove "
    "perché o os um uma é são quem het een wat wie waar niet hatte hätte sich al más sobre ha dit dire "
    "dice dijo".split()
)


def _without_lead_in(question: str) -> str:
    """`question` without "and", "but so", "ok, then" before it; as it is when nothing else is there."""
    words = words_of(question)
    at = 0
    while at < len(words) and words[at].base in _LEAD_INS:
        at += 1
    return question[words[at].start :] if 0 < at < len(words) else question


def _drop(words: Sequence[str], unwanted: frozenset[str]) -> str:
    start, end = 0, len(words)
    while start < end and words[start] in unwanted:
        start += 1
    while end > start and words[end - 1] in unwanted:
        end -= 1
    return " ".join(words[start:end])


def _asks_back(bare: str) -> bool:
    """Whether only the truth of what was said is asked: "did he?", "is it?", "really?"."""
    words = [word.base for word in words_of(bare)]
    if words in (
        ["really"],
        ["is", "that", "true"],
        ["is", "that", "so"],
        ["is", "it", "true"],
        ["are", "you", "sure"],
    ):
        return True
    return (
        2 <= len(words) <= 3
        and words[0] in AUXILIARIES
        and words[1] in _SUBJECTS
        and words[2:] in ([], ["really"], ["not"])
    )


def _fragment(bare: str, *, led_in: bool) -> str | None:
    """The words that are to stand in the place of others in the question before, if that is what `bare` is."""
    words = words_of(bare)
    for phrase in _ABOUT:
        count = len(phrase)
        if [word.base for word in words[:count]] == phrase and len(words) > count:
            rest = bare[words[count].start :]
            return _ending_off(rest) if count > 1 or _verbless(words[count:]) else None
    if (
        not words
        or not _verbless(words)
        or words[0].base in QUANTIFIERS
        or len(words) > (_LONGEST_FRAGMENT if led_in else 4)
    ):
        return None
    if {word.base for word in words[:2]} & QUESTION_WORDS:
        return _ending_off(_small_opening(bare)) if _merely_asks(words) else None
    if not led_in and words[0].base not in PREPOSITIONS | QUESTION_WORDS | {"the"} and not bare.endswith("?"):
        return None  # a keyword query such as "trade partner" stands alone
    return _ending_off(bare)


def _merely_asks(words: Sequence[Word]) -> bool:
    """Whether the words are a question word and little more: "when", "by whom", "how many teams", "in what year"."""
    rest = [word.base for word in words if word.base not in PREPOSITIONS]
    if rest[0] in {"what", "which", "whose"}:
        return len(rest) <= 2 and not (len(rest) == 2 and rest[1] in FUNCTION_WORDS | VERB_FORMS)
    if rest[0] == "how" and rest[1:2] and rest[1] in _MEASURES:
        return len(rest) <= 4
    return rest[0] in QUESTION_WORDS and set(rest[1:]) <= {"exactly", "else", "then", "precisely", "so"}


def _small_opening(text: str) -> str:
    words = words_of(text)
    return f"{text[0].lower()}{text[1:]}" if words and words[0].base in FUNCTION_WORDS else text


def _verbless(words: Sequence[Word]) -> bool:
    bases = [word.base for word in words]
    return not any(base in AUXILIARIES or base in {"tell", "describe", "explain", "list", "compare"} for base in bases)


def _ending_off(text: str) -> str:
    return text.rstrip(" ?.!,;…")


# Follow-ups without a question of their own


def _more_of(previous: str, asked: str) -> str:
    """The question before, as one that asks for more: "What else did Blinken say?"."""
    words = words_of(previous)
    opening = words[0]
    wanted = asked.split()[:1]
    if asked.endswith("else") and wanted[0] in QUESTION_WORDS - {opening.base}:
        return f"{_ending_off(_without_addition(previous))}, and {asked}?"
    more = opening.base in {"what", "who", "where"} and len(words) > 2 and words[1].base in _DOING
    if more and not any(word.base == "else" for word in words):
        return f"{previous[: opening.end]} else{previous[opening.end :]}"
    return previous


def _reason(wanted: str, bare: str, history: Sequence[Exchange]) -> StandAlone:
    last = history[-1]
    seen = _quoted(history[-1:])
    asked = _reopened(wanted, last.question)
    if asked is not None and _opening(last.question) != wanted:
        return StandAlone(asked, seen=seen)
    said = plain(last.quotes[0].quote) if last.quotes else ""
    if said and len(said) <= _READ:
        return StandAlone(f"{_capital(wanted)}: “{_capital(_plainly(said))}”?", seen=seen)
    return StandAlone(f"{_ending_off(last.question)}, and {_ending_off(bare)}?")


def _opening(question: str) -> str:
    words = words_of(question)
    return words[0].base if words else ""


def _reopened(opening: str, previous: str) -> str | None:
    """A yes-or-no question, or one of when, where, why and how, asked with another question word."""
    words = words_of(previous)
    if len(words) < 3:
        return None
    if words[0].base in AUXILIARIES:
        rest = f"{words[0].text.lower()}{previous[words[0].end :]}"
    elif words[0].base in _CIRCUMSTANCES and words[1].base in AUXILIARIES:
        rest = previous[words[1].start :]
    else:
        return None
    return f"{_capital(opening)} {_ending_off(rest)}?"


def _confirmation(question: str, history: Sequence[Exchange]) -> StandAlone:
    """What "did he?" asks: whether what was said last is true."""
    last = history[-1]
    said = [plain(exchange.quotes[0].quote) for exchange in history if exchange.quotes]
    if not last.quotes and _opening(last.question) in AUXILIARIES:
        return StandAlone(last.question)
    if said and len(said[-1]) <= _READ:
        return StandAlone(f"Is it true that {_small(_plainly(said[-1]))}?")
    return StandAlone(question, _context(question, history))


def _quotes_an_answer(question: str) -> bool:
    return question.startswith((*(f"{opening}: “" for opening in ("Why", "How", "Why not")), "Is it true that "))


def _plainly(sentence: str) -> str:
    """A quoted sentence without the "However," that joined it to the one before, and without its full stop."""
    words = words_of(sentence)
    if len(words) > 1 and words[0].base in _JOINING and sentence[words[0].end] == ",":
        sentence = sentence[words[1].start :]
    return _ending_off(sentence)


def _placed(fragment: str, question: str, history: Sequence[Exchange], encode: Encode) -> StandAlone:
    """The question before with `fragment` where something like it stood."""
    asks = bool({word.base for word in words_of(fragment)[:2]} & QUESTION_WORDS)
    subject, complete = (fragment, True) if asks and "there" not in fragment else _resolve(fragment, history)
    subject = _small(subject)
    previous = _without_addition(_ending_off(history[-1].question)).replace(" else ", " ", 1)
    words = words_of(subject)
    if asks:
        asked = _reopened(subject, previous) if len(words) == 1 and words[0].base in _CIRCUMSTANCES else None
        return StandAlone(asked or f"{previous}, and {subject}?")
    # "What about her view?" names what it is about; only then nothing is to be put anywhere.
    placed = _put_in_place(subject, previous, encode) if subject == fragment and complete else None
    if placed is not None:
        return StandAlone(placed)
    opening = "How" if _opening(question) == "how" else "What"
    return StandAlone(f"{opening} about {subject}?", "" if subject != fragment else _context("", history))


def _without_addition(previous: str) -> str:
    """A question without the fragment that was added to it before: additions do not pile up."""
    start, comma, added = previous.rpartition(", and ")
    return start if comma and added and _merely_asks_text(added) else previous


def _merely_asks_text(text: str) -> bool:
    words = words_of(text)
    return (
        bool(words)
        and bool({word.base for word in words[:2]} & QUESTION_WORDS)
        and _verbless(words)
        and _merely_asks(words)
    )


def _put_in_place(subject: str, previous: str, encode: Encode) -> str | None:
    """`previous` with the phrase that is most like `subject` replaced by it, or None when there is no such phrase."""
    words = words_of(subject)
    preposition = words[0].base if words and words[0].base in PREPOSITIONS and len(words) > 1 else ""
    core = subject[words[1].start :] if preposition else subject
    phrases = [phrase for phrase in noun_phrases(previous) if phrase.text.lower() != core.lower()]
    if preposition:
        phrases = [p for p in phrases if _before(previous, p.span.start) == preposition]
        phrases = [p for p in phrases if core[0].isdigit() == p.text[0].isdigit()]
        if not phrases:
            return f"{previous} {subject}?"
    if not phrases:
        return None
    vectors = encode([core, *(phrase.text for phrase in phrases)])
    likeness = vectors[1:] @ vectors[0]
    # A name asks for a name's place: "and Yellen?" stands where "Blinken" stood, not where "the policy" did.
    named = any(word.capital for word in words_of(core))
    likeness = likeness + np.array(
        [0.3 if named and any(w.capital for w in words_of(p.text)) else 0.0 for p in phrases]
    )
    best = int(np.argmax(likeness))
    plural = any(phrase.plural for phrase in noun_phrases(f"of {core}"))
    unlike = phrases[best].plural != plural and not (named and phrases[best].name)
    unlike = unlike or (not plural and _before(previous, phrases[best].span.start) == "between")
    if (likeness[best] < _ALIKE or unlike) and not preposition:
        return None
    place = phrases[best].span
    rest = previous[place.end :]
    if not rest.startswith(("’", "'")) and words[-1].possessive and core.endswith("s"):
        core = core.rstrip("s").rstrip("’'")
    return f"{previous[: place.start]}{core}{rest}?"


def _before(text: str, start: int) -> str:
    words = words_of(text[:start])
    return words[-1].base if words else ""


# Pronouns


def _resolve(question: str, history: Sequence[Exchange]) -> tuple[str, bool]:
    """`question` with its pronouns replaced by what they stand for, and whether that succeeded for all of them."""
    words = words_of(question)
    found = _people(history)
    pieces: list[str] = []
    settled: dict[str, str] = {}
    complete, at = True, 0
    pronouns = [index for index, word in enumerate(words) if _kind(word.base.split("'")[0]) is not None]
    for index in pronouns[:_PRONOUNS_READ]:
        word = words[index]
        pronoun = word.base.split("'")[0]
        kind = _kind(pronoun)
        if kind is None or kind in settled or not _points_back(words, index, question, found):
            continue
        if kind == "pointing":
            complete = False
            continue
        if kind == "there":
            place = _place(history)
            if place is None:
                complete = False
                continue
            pieces += [question[at : word.start], f"in {place}"]
            at = word.end
            settled[kind] = place
            continue
        if pronoun == "it" and index and words[index - 1].base in _SAYING:
            complete = False  # what was said is no thing
            continue
        taken = " ".join([question, *settled.values()])
        name = _antecedent(kind, history, found, taken)
        if name is None:
            complete = False
            continue
        settled[kind] = name
        owning = pronoun in _OWNING or (pronoun == "her" and _followed_by_noun(words, index, question))
        auxiliary = words[index - 1] if index else None
        several = kind == "many" and (name.endswith("s") or _several(name))
        if kind == "many" and auxiliary and auxiliary.base in _SINGULAR and not several:
            pieces += [question[at : auxiliary.start], _like(auxiliary.text, _SINGULAR[auxiliary.base]), " "]
        else:
            pieces.append(question[at : word.start])
        if kind == "many" and not owning and index and words[index - 1].base == "of" and not _named(name):
            name = f"the {name}"  # "how many of them"
        text = _capital(name) if index == 0 else name
        tail = word.text[len(pronoun) :]
        pieces.append(_owner(text, several) if owning and not tail else f"{text}{tail}")
        at = word.end
    return "".join([*pieces, question[at:]]), complete


def _kind(pronoun: str) -> str | None:
    if pronoun in _PERSONS:
        return "man" if pronoun in _MASCULINE else "woman"
    if pronoun in _MANY:
        return "many"
    if pronoun in _THING:
        return "thing"
    if pronoun in _POINTING:
        return "pointing"
    return pronoun if pronoun == "there" else None


def _points_back(words: Sequence[Word], index: int, question: str, found: Sequence[Name]) -> bool:
    """Whether the pronoun leans on what was said before, not on something in the question itself."""
    pronoun = words[index].base.split("'")[0]
    previous = words[index - 1].base if index else ""
    following = words[index + 1].base if index + 1 < len(words) else ""
    if pronoun in _POINTING:
        alone = not following or following in _AFTER_POINTING or _gap(words, index, question) != " "
        return alone and (not previous or previous in _BEFORE_POINTING or previous in QUESTION_WORDS)
    if pronoun == "there":
        # "Is there …", "there are …", "over there": only an end or a word of place or time shows a place.
        return index > 0 and previous not in AUXILIARIES and following not in AUXILIARIES
    if pronoun == "it" and (_said_of_nothing(words, index) or _is_the_text(words, index)):
        return False
    return not _refers_inside(words, index, question, found)


def _gap(words: Sequence[Word], index: int, question: str) -> str:
    return question[words[index].end : words[index + 1].start] if index + 1 < len(words) else ""


def _said_of_nothing(words: Sequence[Word], index: int) -> bool:
    following = [word.base for word in words[index + 1 : index + 4]]
    if following[:1] and following[0] in _WEATHER_AND_TIME:
        return True
    if following[:2] == ["take", "to"] or following[:2] == ["takes", "to"]:
        return True
    predicate = [base for base in following if base not in AUXILIARIES | {"not", "very", "so"}][:1]
    if not predicate or predicate[0] not in _SAID_OF_NOTHING:
        return False
    rest = [word.base for word in words[index + 1 :]]
    # "Why is it important?" asks about something; "Is it important to …?" does not.
    return predicate[0] in {"true", *_WEATHER_AND_TIME} or bool({"that", "to", "for", "when", "if"} & set(rest))


def _is_the_text(words: Sequence[Word], index: int) -> bool:
    """Whether "it" is the document: "summarise it", "what does it say about …?", "what is it about?"."""
    following = [word.base for word in words[index + 1 : index + 3]]
    if any(word.base in _SUMMARISING for word in words[:index]) or following[:1] in (["say"], ["says"], ["mention"]):
        return True
    return following in (["about"], ["all", "about"])


def _refers_inside(words: Sequence[Word], index: int, question: str, found: Sequence[Name]) -> bool:
    """Whether something earlier in the question itself can be meant by the pronoun at `index`.

    An object is never its own clause's subject ("Did Blinken meet him?"), a subject or an owner may be named before.
    """
    pronoun = words[index].base.split("'")[0]
    start = words[index].start
    subject = index > 0 and words[index - 1].base in AUXILIARIES
    owning = pronoun in _OWNING or (pronoun == "her" and _followed_by_noun(words, index, question))
    boundary = max((word.start for word in words[1:index] if word.base in _CLAUSE_BEGINS), default=-1)
    comma = question.rfind(",", 0, start)
    boundary = max(boundary, comma)
    embedded = pronoun in {"he", "she", "they"} and not subject
    candidates = [phrase for phrase in noun_phrases(question[:start]) if phrase.span.start > 0 or phrase.name]
    if not (owning or embedded):
        candidates = [phrase for phrase in candidates if phrase.span.end <= boundary]
    return any(_may_be(pronoun, phrase, question, found, boundary) for phrase in candidates)


def _may_be(pronoun: str, phrase: Phrase, question: str, found: Sequence[Name], boundary: int) -> bool:
    if pronoun in _PERSONS:
        known = [name.score for name in found if name.text == phrase.text or phrase.text in name.text.split()]
        if known and sum(known) < 0:
            return False  # known for a place or thing, whatever it "says" here
        in_place = _before(question, phrase.span.start) in {"in", "near", "across"}
        return phrase.person or (phrase.name and not in_place)
    if pronoun in _MANY:
        return phrase.plural or (phrase.name and not phrase.person)
    determined = words_of(phrase.text)[0].base in {"the", "a", "an", "this", "that"}
    return not phrase.person and not phrase.plural and (phrase.name or determined or phrase.span.end <= boundary)


def _followed_by_noun(words: Sequence[Word], index: int, question: str) -> bool:
    if index + 1 >= len(words) or _gap(words, index, question) != " ":
        return False
    return words[index + 1].base not in FUNCTION_WORDS


def _people(history: Sequence[Exchange]) -> list[Name]:
    """Everyone and everything that was named, with all the evidence there is of what it is."""
    return bearers([name for exchange in history for name in [*names_in(exchange.question), *_told(exchange)]])


def _told(exchange: Exchange) -> list[Name]:
    if exchange.quotes:
        return [name for citation in exchange.quotes[:5] for name in names_in(plain(citation.quote)[:_READ])]
    return names_in(plain(exchange.answer)[:_READ])


def _antecedent(kind: str, history: Sequence[Exchange], found: Sequence[Name], question: str) -> str | None:
    """The name or phrase that a pronoun of this kind stands for: the latest that fits."""
    mentioned = question.lower()
    if kind in {"man", "woman"}:
        return _person(kind, history, found, mentioned)
    for index, exchange in reversed(list(enumerate(history))[-_NEAR if kind == "many" else 0 :]):
        phrases = [phrase for phrase in noun_phrases(exchange.question) if phrase.text.lower() not in mentioned]
        before = " ".join(one.question for one in history[max(0, index - 2) : index]).lower()
        chosen = _group(phrases, before) if kind == "many" else _thing(phrases, before)
        if chosen is not None:
            return chosen
    if kind == "many":
        # "Why did they refuse?" after "What did China say?": a name may stand for many, a thing does not.
        phrases = [phrase for exchange in reversed(history[-_NEAR:]) for phrase in noun_phrases(exchange.question)]
        named = (p.text for p in phrases if p.name and not p.person and p.text.lower() not in mentioned)
        return next(named, None)
    # "Where did Blinken speak?" is answered by a place.
    told = [name.text for name in _told(history[-1]) if name.score < 0 and name.text.lower() not in mentioned]
    return told[0] if told and _opening(history[-1].question) == "where" else None


def _person(kind: str, history: Sequence[Exchange], found: Sequence[Name], mentioned: str) -> str | None:
    """Whom "she" or "he" stands for: the latest person, if none the latest name that nothing speaks against."""
    wrong = "f" if kind == "man" else "m"
    known = [name for name in found if name.gender != wrong and name.score >= 0 and name.text.lower() not in mentioned]
    persons = [name for name in known if name.person]
    nearest = (
        one for exchange in reversed(history[-2:]) if (one := _person_in(exchange, persons, mentioned)) is not None
    )
    doubtful = (
        one for exchange in reversed(history) if (one := _bearer(names_in(exchange.question), known)) is not None
    )
    farther = (one for exchange in reversed(history) if (one := _person_in(exchange, persons, mentioned)) is not None)
    chosen = next(nearest, None) or next(doubtful, None) or next(farther, None)
    if chosen is not None and chosen[0].isupper() and any(word.base in TITLES for word in words_of(chosen)):
        return f"the {chosen}"  # an office, since a name comes without its titles
    return chosen


def _person_in(exchange: Exchange, persons: Sequence[Name], mentioned: str) -> str | None:
    asked = _bearer(names_in(exchange.question), persons)
    if asked is not None:
        return asked
    # "Who …?" is answered by a name; the office that was asked for is that person's.
    told = sorted(bearers(_told(exchange)), key=lambda name: -name.score)
    named = _bearer(told, persons)
    if named is not None:
        return named
    words, phrases = words_of(exchange.question), noun_phrases(exchange.question)
    # "Who is the only member?": whoever is asked for by who is a person.
    asks_who = len(words) > 2 and words[0].base in {"who", "who's", "whose"} and words[1].base in {"is", "was"}
    fitting = [phrase.text for phrase in phrases if not phrase.plural and (phrase.person or asks_who)]
    return next((text for text in fitting if text.lower() not in mentioned), None)


def _bearer(mentioned: Sequence[Name], known: Sequence[Name]) -> str | None:
    """The full name of the first of `mentioned` that is among `known`."""
    for name in mentioned:
        for one in known:
            if name.text == one.text or set(name.text.split()) & set(one.text.split()):
                return one.text
    return None


def _thing(phrases: Sequence[Phrase], before: str) -> str | None:
    """What a question is about: what the ones before were about too, else its first phrase, or what completes that
    ("the origins of *the Justice League*").
    """
    candidates: list[str] = []
    for index, phrase in enumerate(phrases):
        after = phrases[index + 1] if index + 1 < len(phrases) else None
        owner = _owner_in(phrase)
        if owner is not None and owner.lower() in before and phrase.text.lower() not in before:
            return owner
        if after is not None and after.completes and not phrase.name and not (after.person or after.plural):
            candidates.append(after.text)
        elif not phrase.person and not phrase.plural and not _only_asked_for(phrase):
            candidates.append(phrase.text)
        elif owner is not None:
            candidates.append(owner)
    return next((text for text in candidates if text.lower() in before), candidates[0] if candidates else None)


def _group(phrases: Sequence[Phrase], before: str) -> str | None:
    """What "they" stands for: several of whom or which the question is about."""
    owners = (owner for phrase in phrases if (owner := _owner_in(phrase)) is not None and _several(owner))
    owner = next((owner for owner in owners if owner.lower() in before), None)
    if owner is not None:
        return owner
    several = [phrase for phrase in phrases if phrase.plural and not _only_asked_for(phrase)]
    if len(several) > 1 and several[1].completes:
        return several[1].text  # "the advantages of electric cars"
    return several[0].text if several else None


def _owner_in(phrase: Phrase) -> str | None:
    """The owner in "China’s trade": "China"."""
    for mark in ("’s ", "'s ", "’ ", "' "):
        owner, found, _ = phrase.text.partition(mark)
        if found and owner:
            return owner
    return None


def _only_asked_for(phrase: Phrase) -> bool:
    words = words_of(phrase.text)
    return words[-1].base in _ASKED_FOR


def _place(history: Sequence[Exchange]) -> str | None:
    """The place that "there" stands for: the latest name after "in", "at", "to"; asked about or told."""
    for exchange in reversed(history):
        told = [plain(citation.quote)[:_READ] for citation in exchange.quotes[:5]] or [plain(exchange.answer)[:_READ]]
        for text in [exchange.question, *told]:
            for name in names_in(text):
                if not name.person and _before(text, name.start) in _BEFORE_PLACES:
                    return name.text
    return None


def _named(text: str) -> bool:
    return text[:1].isupper() or text.lower().startswith(("the ", "these ", "those ", "his ", "her ", "their ", "its "))


def _several(text: str) -> bool:
    phrases = noun_phrases(f"of {text}")
    return bool(phrases) and phrases[0].plural


def _owner(text: str, several: bool) -> str:
    return f"{text}’" if several and text.endswith("s") else f"{text}’s"


# Whether a question leans on what was said


def _leans(question: str, previous: str, encode: Encode, *, unresolved: bool) -> bool:
    """Whether the words tell too little to find anything by and go on about what was asked before.

    Keywords and statements do not: whoever types "mortgage scams" changes the subject.
    """
    words = words_of(question)
    if not words or not (question.endswith("?") or words[0].base in QUESTION_WORDS | AUXILIARIES):
        return False
    telling = _telling(question)
    if telling <= _FEW_WORDS and not names_in(question):
        return True
    if telling > _FEW_WORDS + 1:
        return False
    if unresolved or any(word.base in _COMPARED for word in words) or _points_at_noun(words):
        return True
    vectors = encode([question, previous])
    return bool(vectors[0] @ vectors[1] >= _SAME_SUBJECT)


def _points_at_noun(words: Sequence[Word]) -> bool:
    """Whether "that treaty" stands there: something said before, unless it is the text itself ("this article")."""
    for index, word in enumerate(words[:-1]):
        noun = words[index + 1]
        before = words[index - 1].base if index else ""
        if word.base in _POINTING and noun.text.islower() and noun.base not in FUNCTION_WORDS | _THE_TEXT:
            return not before or before.endswith("ed") or before in _BEFORE_POINTED_NOUN
    return False


def _telling(question: str) -> int:
    return sum(word.base not in FUNCTION_WORDS for word in words_of(question))


def _context(question: str, history: Sequence[Exchange]) -> str:
    """The earlier questions that help to find passages: the last, and those before it while they are short together.

    A long question drowns the short one that it is to help.
    """
    chosen: list[str] = []
    words = 0
    for exchange in reversed(history):
        words += _telling(exchange.question)
        if len(chosen) == _CONTEXT_QUESTIONS or (chosen and words > _CONTEXT_WORDS):
            break
        if exchange.question != question and exchange.question not in chosen:
            chosen.append(exchange.question)
    return " ".join(reversed(chosen))


def _quoted(history: Iterable[Exchange]) -> tuple[tuple[str, Span], ...]:
    return tuple((c.document.id, Span(c.start, c.end)) for exchange in history for c in exchange.quotes)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(sentence: str) -> str:
    """A sentence as it stands inside another: its first letter small unless a name begins it."""
    words = words_of(sentence)
    if words and words[0].base in FUNCTION_WORDS | {"during"} - PRONOUNS and words[0].start == 0:
        return sentence[0].lower() + sentence[1:]
    return sentence


def _like(model: str, word: str) -> str:
    return _capital(word) if model[:1].isupper() else word
