"""Boilerplate in plain text and markdown: lines that belong to the page a text was copied from, not to the text.

This module knows no file and no HTML: it reads lines. It is conservative, since a line that is wrongly called
boilerplate can never be found again, while a menu that stays does little harm: only whole lines are boilerplate, and
single words ("Share.") only where they stand apart from the text around them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from retrieval.types import Span

LONGEST_LINE = 300
"""A longer line, in code points, is always text; this also bounds the work a line can cause."""

# All tables hold regular expressions that must match a whole line after `_plain`: casefolded, so "ß" is "ss", white
# space collapsed, "’" written "'", and without a list marker or punctuation and symbols at either end.

_NETWORKS = r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|pinterest|reddit|email|e-mail|vk|weibo|wechat)"

# Words that also occur as a title, in a list or in a verse: boilerplate only when set apart (see `_set_apart`).
_WORDS = (
    # English
    r"share|tweet|pin it|print|email|e-mail|follow us|subscribe|advertisements?|reply|facebook|twitter|whatsapp",
    r"like this|loading|comments?|related articles?|related posts?|related stories|table of contents",
    r"read more|continue reading",
    # German
    r"teilen|twittern|drucken|merken|anzeige|werbung|inhaltsverzeichnis|kommentare|ähnliche artikel",
    r"mehr lesen|weiterlesen|nach oben",
    # French
    r"partager|tweeter|imprimer|publicité|sommaire|commentaires|articles liés|table des matières",
    r"lire la suite|abonnez-vous",
    # Spanish
    r"compartir|tuitear|imprimir|publicidad|comentarios|artículos relacionados|tabla de contenidos?",
    r"seguir leyendo|leer más",
    # Chinese
    r"分享|转发|打印|广告|廣告|目录|目錄|相关文章|相關文章|相关阅读|评论|阅读更多",
    # Russian
    r"поделиться|твитнуть|распечатать|печать|реклама|оглавление|комментарии|похожие статьи|читать далее|наверх",
)

# Wordings that hardly occur as a line of a text: boilerplate wherever they fill a line.
_PHRASES = (
    # English
    rf"(?:share|post|save) (?:this|this (?:article|story|post|page)|on {_NETWORKS}|via {_NETWORKS}|to {_NETWORKS})",
    rf"share (?:this )?(?:article|story|post|page )?(?:on|via|to|with) (?:{_NETWORKS}|your friends)|tweet this",
    rf"(?:print|email|e-mail) this (?:article|story|page)|follow us on {_NETWORKS}|click to share.{{0,40}}",
    r"exit mobile version|skip to (?:the )?(?:main |primary )?(?:content|navigation)|back to top",
    r"(?:article|story) continues (?:after|below)(?: this)?(?: advertisement)?|scroll to continue",
    r"(?:please )?(?:sign up|subscribe)(?: now| today)? (?:for|to) (?:our|the|this) (?:\w+ ){0,3}newsletters?",
    r"subscribe now|subscribe to our (?:\w+ ){0,2}channel|sign up now|leave a (?:comment|reply)|post a comment",
    r"(?:accept|allow|reject|manage) (?:all )?(?:the )?cookies|cookie (?:settings|preferences)",
    # German
    rf"(?:diesen |den )?(?:artikel|beitrag) (?:teilen|drucken)|auf {_NETWORKS} teilen|zum (?:haupt)?inhalt springen",
    r"(?:unseren |den )?newsletter abonnieren|jetzt abonnieren|zur mobilen version",
    r"alle cookies akzeptieren|alle akzeptieren|cookie-einstellungen|(?:einen )?kommentar (?:schreiben|hinterlassen)",
    r"mobile version verlassen",
    # French
    rf"partager (?:cet article|cette page|sur {_NETWORKS})|imprimer cet article",
    r"(?:aller|passer) au contenu(?: principal)?",
    r"(?:s'inscrire|s'abonner|inscrivez-vous|abonnez-vous) à (?:la|notre) newsletter",
    r"(?:tout accepter|accepter (?:tous les|les) cookies)|paramètres des cookies|laisser un commentaire|haut de page",
    r"quitter la version mobile",
    # Spanish
    rf"compartir (?:este artículo|esta página|en {_NETWORKS})|(?:saltar|ir) al contenido(?: principal)?|volver arriba",
    r"suscríbete(?: ahora)?|(?:suscríbete|suscríbase) a nuestr[ao] (?:boletín|newsletter)",
    r"aceptar (?:todas )?(?:las )?cookies|deja(?:r)? un comentario|salir de la versión móvil",
    # Chinese
    r"分享到?(?:微博|微信|新浪微博|qq空间|朋友圈|脸书|推特)|分享(?:本文|此文|这篇文章)|打印(?:本页|本文)|(?:跳至|跳到|跳转到)(?:主要)?内容",
    r"(?:立即)?订阅(?:我们的)?(?:新闻|通讯|新闻通讯|邮件)|立即订阅",
    r"接受(?:所有|全部) ?cookies?|(?:发表|留下)评论|返回顶部",
    r"退出移动版",
    # Russian
    rf"поделиться (?:статьей|статьёй|ссылкой|в {_NETWORKS}|в соцсетях|вконтакте)|перейти к (?:основному )?содержанию",
    r"(?:подписаться|подпишитесь) на (?:нашу |наши )?(?:рассылку|новости)|принять все (?:файлы )?cookies?",
    r"оставить комментарий|выйти из мобильной версии",
    # Page numbers
    r"page \d{1,5} of \d{1,5}|seite \d{1,5} von \d{1,5}|page \d{1,5} sur \d{1,5}|página \d{1,5} de \d{1,5}",
    r"第 ?\d{1,5} ?页[ ,，/]{0,3}共 ?\d{1,5} ?页|(?:страница|стр\.?) \d{1,5} из \d{1,5}",
    # Rights
    r"all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados",
    r"版权所有(?:[,， ]{0,2}(?:翻印必究|侵权必究|违者必究))?|保留所有权利|все права защищены",
)

# Pointers elsewhere: an opening, and what follows it on the same short line.
_POINTERS = (
    r"(?:read more|read also|also read|related|more on this)(?: ?: ?).+",
    r"click here (?:to|for) (?:read|subscribe|sign|see|view|share|print|continue|join|register|buy|comment|more)\b.*",
    r"(?:mehr lesen|lesen sie auch|lesen sie mehr|mehr zum thema)(?: ?: ?).+",
    r"(?:lire aussi|à lire aussi|lire plus|en savoir plus)(?: ?: ?).+|cliquez ici pour .+",
    r"(?:leer más|lea también|lee también|le puede interesar)(?: ?: ?).+|haga clic aquí para .+",
    r"(?:阅读更多|延伸阅读|相关阅读|相关文章)(?: ?[::] ?).+|点击(?:这里|此处)(?:订阅|阅读|查看|下载).*",
    r"(?:читайте также|читать также|по теме)(?: ?: ?).+|нажмите здесь,? чтобы .+",
)
_POINTER_LONGEST = 120

# Cookie notices: an opening that says who uses cookies; the rest must speak of the web (`_COOKIE_TALK`).
_COOKIE_OPENINGS = (
    r"(?:we|we and our partners) use (?:\w+ ){0,2}cookies\b.*",
    r"(?:this|our) (?:web)?site uses (?:\w+ ){0,2}cookies\b.*|by continuing to (?:use|browse) .{0,60}\bcookies\b.*",
    r"wir (?:verwenden|nutzen|benutzen) cookies\b.*",
    r"diese (?:web)?(?:site|seite) (?:verwendet|nutzt|benutzt) cookies\b.*",
    r"(?:nous utilisons|ce site (?:web )?utilise) des cookies\b.*",
    r"(?:utilizamos|usamos|este sitio (?:web )?(?:utiliza|usa)) cookies\b.*",
    r"(?:我们|本网站|本站)使用 ?cookies?.*",
    r"(?:мы используем|(?:этот|наш) сайт использует) (?:файлы )?cookies?\b.*",
)
_COOKIE_TALK = re.compile(
    r"site|brows|experience|consent|privacy|accept|traffic|policy|personali|settings|"
    r"erlebnis|datenschutz|zustimm|nutzung|akzept|expérience|navigation|confidential|"
    r"experiencia|privacidad|acept|体验|隐私|网站|同意|сайт|соглас|конфиденц"
)

# What stands in the menus at the head and foot of pages.
_MENUS = (
    "home|about|about us|contact|contact us|privacy|privacy policy|privacy notice|terms|terms of use",
    "terms of service|terms and conditions|terms & conditions|cookie policy|cookies|cookie settings|sitemap|site map",
    "imprint|help|faq|login|log in|sign in|sign up|register|subscribe|newsletter|advertise|advertise with us|careers",
    "legal|legal notice|disclaimer|accessibility|rss|search|menu|do not sell my personal information",
    "startseite|über uns|kontakt|impressum|datenschutz|datenschutzerklärung|agb|nutzungsbedingungen|hilfe|anmelden",
    "accueil|à propos|mentions légales|confidentialité|politique de confidentialité|plan du site|aide|connexion",
    "inicio|sobre nosotros|contacto|aviso legal|política de privacidad|política de cookies|mapa del sitio|ayuda",
    "首页|关于我们|联系我们|隐私政策|使用条款|网站地图|帮助|登录|注册",
    "главная|о нас|о проекте|контакты|политика конфиденциальности|условия использования|карта сайта|помощь|войти",
)
_MENU_WORDS = frozenset(word for row in _MENUS for word in row.split("|"))

# The sign is needed, or the word with a year and a known ending: "Copyright 1998 changed the law" is a sentence.
_COPYRIGHT = re.compile(
    r"(?:copyright )?(?:©|\(c\)) ?(?:copyright )?(?:by )?(?:.{0,60} )?(?:19|20)\d\d\b.{0,160}|"
    r"copyright,? (?:19|20)\d\d(?: ?[-–] ?(?:19|20)\d\d)?(?:[.]?|,? by .{1,60}|.{0,80}all rights reserved[.]?)|"
    r".{1,80}[.;|·–—] ?(?:all rights reserved|alle rechte vorbehalten|tous droits réservés|"
    r"todos los derechos reservados|все права защищены)[.]?"
)


def _table(rows: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{row})" for row in rows))


_WORD, _PHRASE = _table(_WORDS), _table(_PHRASES)
_POINTER, _COOKIES = _table(_POINTERS), _table(_COOKIE_OPENINGS)

_MARKER = re.compile(r"(?:[-*+•>]|#{1,6})[ \t]+")
_FENCE = re.compile("(```|~~~)")
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_FILLED = re.compile(rf"\S[^{_LINE_ENDS}]*")
_ONE_END = re.compile(rf"[^\S{_LINE_ENDS}]*(?:\r\n|[{_LINE_ENDS}])[^\S{_LINE_ENDS}]*")
_BELOW = re.compile(rf"(?:\r\n|[{_LINE_ENDS}])([^{_LINE_ENDS}]*)")
_MENU_BAR = re.compile("[|·•]")
_SENTENCE_ENDS = tuple(".!?…。！？»”\"'’)")
_KNOWN, _MAYBE = "known", "maybe"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that holds something: its place without outer white space, its number, and what it was taken for."""

    start: int
    end: int
    number: int
    words: str
    verdict: str | None


def recognise(text: str) -> tuple[Span, ...]:
    """The boilerplate of plain text or markdown, as sorted spans of `text`, each one whole line without outer blanks.

    A text that is nothing but boilerplate has none. Lines in fenced code are always text.
    """
    boilerplate: list[Span] = []
    sound = False
    before: _Line | None = None
    group: list[_Line] = []
    for line in chain(_lines(text), (None,)):
        if line is not None and line.verdict is not None and (not group or line.number == group[-1].number + 1):
            group.append(line)
            continue
        if group:
            known = [each for each in group if each.verdict == _KNOWN]
            found = group if known or _set_apart(before, group, line) else known
            boilerplate += [Span(each.start, each.end) for each in found]
            sound = sound or len(found) < len(group)
            before = group[-1]
        if line is not None and line.verdict is not None:
            group = [line]
        elif line is not None:
            group = []
            before, sound = line, True
    return tuple(boilerplate) if sound else ()


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans sorted, empty ones left out, those that overlap or touch made one."""
    result: list[Span] = []
    for span in sorted((s for s in spans if s.start < s.end), key=lambda s: (s.start, s.end)):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def covers_all(text: str, spans: Iterable[Span]) -> bool:
    """Whether nothing but white space lies outside the sorted `spans` of `text`."""
    position = 0
    for span in spans:
        if text[position : span.start].strip():
            return False
        position = span.end
    return not text[position:].strip()


def _lines(text: str) -> Iterator[_Line]:
    """The lines that hold something; those with blank ones between have numbers that do not follow each other."""
    at, number, fence, above = 0, 0, "", ""
    for found in _FILLED.finditer(text):
        start = found.start()
        words = found.group().rstrip()
        glued = _ONE_END.fullmatch(text, at, start) is not None
        number += 1 if glued else 2
        verdict = None
        mark = _FENCE.match(words)
        if mark and _opens_line(text, start) and (not fence or mark[1] == fence):
            fence = "" if fence else mark[1]
        elif not fence:
            verdict = _verdict(words)
            if verdict == _KNOWN and "|" in words:
                below = _BELOW.match(text, found.end())
                if _in_table(above if glued else "", below[1] if below else ""):
                    verdict = None
        yield _Line(start, start + len(words), number, words, verdict)
        at, above = found.end(), words


def _opens_line(text: str, start: int) -> bool:
    """Whether at most three spaces stand between the start of the line and `start`."""
    gap = text[max(0, start - 4) : start]
    edge = start - (len(gap) - len(gap.rstrip(" ")))
    return start - edge <= 3 and (edge == 0 or text[edge - 1] in _LINE_ENDS)


def _verdict(line: str) -> str | None:
    # A document's own title is never boilerplate, whatever it says.
    if len(line) > LONGEST_LINE or line.startswith("# "):
        return None
    folded = " ".join(line.casefold().replace("’", "'").split())
    plain = _plain(folded)
    if _PHRASE.fullmatch(plain) or _COPYRIGHT.fullmatch(folded) or _is_menu(folded):
        return _KNOWN
    if len(plain) <= _POINTER_LONGEST and not line.endswith((".", "。")) and _POINTER.fullmatch(plain):
        return _KNOWN
    if (opening := _COOKIES.fullmatch(plain)) and _speaks_of_the_web(opening.group()):
        return _KNOWN
    return _MAYBE if _WORD.fullmatch(plain) else None


def _speaks_of_the_web(notice: str) -> bool:
    rest = notice.partition("cookie")[2].removeprefix("s")
    return not rest.strip() or _COOKIE_TALK.search(notice) is not None


def _plain(line: str) -> str:
    marker = _MARKER.match(line)
    start, end = marker.end() if marker else 0, len(line)
    while start < end and _is_outer(line[start]):
        start += 1
    while end > start and _is_outer(line[end - 1]):
        end -= 1
    return line[start:end]


def _is_outer(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] in "PS"


def _is_menu(line: str) -> bool:
    if line.startswith("|") or not _MENU_BAR.search(line):
        return False
    items = [item.strip().strip(" .") for item in _MENU_BAR.split(line)]
    items = [item for item in items if item]
    known = sum(item in _MENU_WORDS for item in items)
    return len(items) >= 2 and known >= 2 and known * 3 >= len(items) * 2 and all(len(item) <= 40 for item in items)


def _in_table(above: str, below: str) -> bool:
    near = [line.casefold().strip() for line in (above, below)]
    return any("|" in line and not _is_menu(line) for line in near)


def _set_apart(before: _Line | None, group: list[_Line], after: _Line | None) -> bool:
    """Whether a group of lines of single words stands apart from its surroundings, as buttons do.

    Entries of a word list, verses, dictionary headwords and titles do not.
    """
    if before is None:
        # The first line may be the title; it is boilerplate only at the head of more boilerplate.
        return len(group) > 1 or (after is not None and after.verdict is not None)
    if before.number == group[0].number - 1 and not _is_prose(before):
        return False
    if after is not None and after.number == group[-1].number + 1 and not _is_prose(after):
        return False
    if before.words.endswith((":", "：")) and group[0].words.startswith(("-", "*", "•", "+")):
        return False
    if after is not None and len(group) == 1 and _explains(after.words, group[0].words):
        return False
    return any(side is None or side.verdict is not None or _is_prose(side) for side in (before, after))


def _is_prose(line: _Line) -> bool:
    # A character of Chinese or Japanese carries about as much as two or three letters.
    width = sum(3 if character >= "⺀" else 1 for character in line.words[:200])
    return width >= 80 or (width >= 40 and line.words.endswith(_SENTENCE_ENDS))


def _explains(line: str, headword: str) -> bool:
    opening = re.findall(r"\w+", line[:80].casefold())[:5]
    words = re.findall(r"\w+", headword.casefold())
    return bool(words) and (words[-1] in opening or words[-1] + "s" in opening)
