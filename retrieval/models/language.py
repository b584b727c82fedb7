"""Whether a short question is in English: by its script and by the small words of other languages.

English is what is assumed: keywords, names and misspelled words speak for no other language, so it takes small words,
letters or marks of another one to say no. Which other language it is, is not told. Knows no documents.
"""

from __future__ import annotations

import re
import unicodedata

_READ = 400  # characters that are looked at
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_QUOTED = re.compile(r"[\"“„«»”][^\"“”„«»]{1,120}[\"“”«»]|(?<!\w)['‘][^'‘’]{1,120}['’](?!\w)")
_OPENING = 1.5  # what a word counts more as a question's first: "wer", "who"
_WEAK = 0.5
_MARKED_NAME = 2  # words with accents that a name may have: "São Tomé"


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_ENGLISH = _words(
    "the of and or to is are were been being be for with from by at on about into than that this these those what who "
    "whom whose which where when why how did does do has have had can could would should may might must not it its he "
    "she they their his him them there you your we our us i my if any some many much most more other because between "
    "during before after over under through while without within against around near only ever first last name tell "
    "give explain describe list say said called known used make made what's who's where's when's how's whats whos "
    "wheres hows it's that's isn't don't doesn't didn't can't couldn't won't wasn't aren't dont doesnt didnt cant"
)
_ASKING_ENGLISH = _words(
    "what who whom whose which where when why how did does do is are were can could would should has have had what's "
    "who's where's when's how's whats whos wheres hows whens tell give explain describe list name"
)
# Small words that stand in no English sentence, and in hardly any name.
_GERMAN = (
    "der das dem des und oder ist sind wer wie wo wann warum wieso weshalb welche welcher welches welchem welchen wem "
    "wen wessen ein eine einen einem einer eines er sie ich wir ihr ihre ihren nicht mit von zum zur auf für über "
    "nach bei aus durch gegen ohne noch auch mehr hatte haben wurde wurden werden wird kann können konnte viele viel "
    "wieviel dass sich dieser diese dieses als vom beim nur gab gibt heißt hieß seit zwischen laut unter vor während "
    "sowie ihm ihn sein seine seiner bedeutet gesagt"
)
_DUTCH = (
    "het een wat betekent wie waar wanneer waarom welke welk hoe hoeveel zijn werd werden niet voor naar ook met aan "
    "bij uit heeft hebben deze dit dat zij hij ons onze wordt worden tussen volgens geen"
)
_FRENCH = (
    "les est sont qui que quoi quel quelle quels quelles où quand comment pourquoi combien et aux une dans pour avec "
    "sur par pas ne ce cette ces il elle ils elles nous vous je j'ai qu'est c'est n'est été était étaient ont avait "
    "fut leur leurs ses mais plus moins entre selon après avant d'une d'un est-ce l'on peut fait signifie"
)
_SPANISH = (
    "qué quién quiénes cuál cuáles cómo dónde cuándo cuánto cuánta cuántos cuántas por para con una unos unas es son "
    "fue fueron era eran que quien cual como donde cuando cuanto y del se su sus les lo más pero según entre sobre "
    "hay está están ha han había tiene tienen qué's este esta estos estas desde hasta porque sin muy también después "
    "antes nombre"
)
_ITALIAN = (
    "che chi cosa cos'è significa qual quale quali dove quando come perché perche quanto quanti quante quanta è sono "
    "era erano gli della delle dello degli dei nel nella nelle negli il una uno con per su ha hanno stato stata "
    "furono non più anche dopo prima tra fra secondo questo questa questi dal dalla dell'opera si ed"
)
_PORTUGUESE = (
    "o os um uma é são quem qual quais quando onde quanto quantos quantas por para com não mais foi foram era eram em "
    "no na nos nas ao aos à às pelo pela pelos pelas seu sua seus suas que como porque está tem têm entre sobre "
    "depois antes qual's isso este esta você"
)
_NORTHERN = (
    "och är hur vad vem vilka vilket vilken när varför från till inte på som för av ett det den hvad hvem hvor "
    "hvorfor hvornår hvordan hvilke hvilken hvilket og ikke er af til fra når hva mellom mellan mellem blev ble være "
    "var"
)
_EASTERN = (
    "co kto gdzie kiedy dlaczego jak jaki jaka jakie ile czy jest są był była było nie się oraz dla przez kdo kde kdy "
    "proč jaký jaká jaké kolik je jsou byl byla nebo czym kim ce cine unde când cum este sunt și pentru din cu care "
    "mi ki hol mikor miért hogyan milyen mennyi és egy az hogy mikä kuka missä milloin miksi miten kuinka oli ovat ja "
    "sekä"
)
_FURTHER = (
    "ne nedir kim kimdir nerede nasıl neden niçin kaç hangi ve bir mı mi mu mü bu için ile olan olarak apa siapa "
    "dimana mana kapan mengapa bagaimana berapa yang dan di ke dari untuk dengan adalah ini itu tidak là gì ai ở đâu "
    "khi nào tại sao của và những các được có không cho với"
)
_STRONG = (
    _words(" ".join((_GERMAN, _DUTCH, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _NORTHERN, _EASTERN, _FURTHER)))
    - _ENGLISH
)
# Small words that names or English sentences hold too: "Los Angeles", "de Gaulle", "no", "come", "die".
_EITHER = _words(
    "der das des dem den van von el la los las le du de di da do dos e o a un une et al il i en in an am so war was "
    "die her man hat um es er ein is as no on me te tu se su si y por con era come per prima son ai ke ve bir mi mu "
    "sono ha can co je ne ce cum din care az egy kim dan mana ini san cho com dit les una est par são nos voor ons "
    "mit ces vem hur och og till for sur pour avec aux mas ao os jak hol ki ile zijn"
)
# Those of them that are English small words: they speak for English as much as for another language.
_SHARED = _words("a an am as do her in me no on so to was")
_ASKING_ELSEWHERE = _words(
    "et wer wie wo wann warum wieso welche welcher welches wem wen wat waar wanneer waarom welke welk hoe hoeveel qui "
    "que quoi quel quelle quels quelles où quand comment pourquoi combien qué quién quiénes cuál cuáles cómo dónde "
    "cuándo cuánto cuántos cuántas quien cual donde cuando cuanto chi cosa cos'è quale quali dove quando perché "
    "perche quanto quanti quem qual quais onde vad vem vilka vilken när varför hvad hvem hvorfor hvornår hvordan hva "
    "hvor kto gdzie kiedy dlaczego kde kdy proč unde când mikor miért hogyan mikä kuka missä milloin miksi apa siapa "
    "berapa mengapa"
)


def is_english(question: str) -> bool:
    """Whether `question` is to be taken for English; keywords and names alone are."""
    question = unicodedata.normalize("NFC", question[:_READ])
    if any(mark in question for mark in "¿¡"):
        return False
    bare = _QUOTED.sub(" ", question)
    words = [word.lower().replace("’", "'") for word in _WORD.findall(bare)] or [
        word.lower() for word in _WORD.findall(question)
    ]
    words = [word for word in words if not _is_symbol(word)]
    latin = [word for word in words if _is_latin(word)]
    english = sum(word in _ENGLISH for word in latin)
    if len(latin) < len(words):
        return english > len(words) - len(latin) or (english > 0 and words[0] in _ASKING_ENGLISH)
    if not latin:
        return True
    said = english + _WEAK * len(_SHARED.intersection(latin)) + _OPENING * (latin[0] in _ASKING_ENGLISH)
    weak = {word for word in latin if word in _EITHER and word not in _ENGLISH}
    strong = sum(word in _STRONG and word not in _EITHER for word in latin)
    marked = sum(not word.isascii() for word in latin)
    strong += marked > _MARKED_NAME
    foreign = strong + _WEAK * len(weak) + _WEAK * (marked > 0)
    foreign += _OPENING * (latin[0] in _ASKING_ELSEWHERE)
    return foreign <= said or (not strong and foreign <= 1)


def _is_symbol(word: str) -> bool:
    """A Greek letter alone is no Greek word: "β-carotene", "what is π"."""
    return len(word) == 1 and "\u0370" <= word < "\u0400"


def _is_latin(word: str) -> bool:
    return word.isascii() or all(ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00 for letter in word)
