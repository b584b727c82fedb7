"""Boilerplate of plain text: what is recognised, and above all what is not."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.loaders.boilerplate import covers_all, merged, recognise
from retrieval.types import Span

BEFORE = "The talks in the capital ended late on Friday without a common statement by the two sides."
AFTER = "Both governments said that they would meet again in the spring, after the elections in the north."


def cases(table: str) -> list[str]:
    """The cases of a table, which stand between slashes or on lines of their own."""
    return [case for line in table.strip().split("\n") for case in line.split(" / ")]


BUTTONS = cases(
    """
Share. / Share / Share this article / Share on Facebook / Tweet / Print / Exit mobile version / Advertisement
ADVERTISEMENT / Skip to content / Skip to main content / Sign up for our newsletter!
Subscribe to our weekly newsletter / Subscribe now / Read more / Read more: Ten things to know about the summit
Click here to subscribe / Accept all cookies / We use cookies to improve your experience on our website. Learn more.
This site uses cookies. / All rights reserved. / © 2024 The Daily Paper
© The Daily Paper 2019–2024. All rights reserved. / (c) 2020 A. Writer / Copyright 2023. All rights reserved
Reuters. All rights reserved. / Terms of use | Privacy policy / About us · Contact · Help · Sitemap / Leave a comment
Related articles: / Table of contents / Page 3 of 12 / - Share on Twitter / ## Related articles / → Back to top
Teilen / Artikel teilen / Anzeige / Zum Inhalt springen / Newsletter abonnieren
Lesen Sie auch: Was der Gipfel bringt / Wir verwenden Cookies, um Ihr Erlebnis auf der Website zu verbessern.
Alle Rechte vorbehalten / Impressum | Datenschutz / Seite 3 von 12 / Partager / Partager sur Facebook / Publicité
Aller au contenu principal / S’inscrire à la newsletter / Tous droits réservés / Compartir / Compartir en Facebook
Publicidad / Todos los derechos reservados. / Suscríbete a nuestro boletín / Página 3 de 12
分享 / 分享到微信 / 广告 / 版权所有
第3页 共12页 / 我们使用Cookie来改善您的体验。 / Поделиться / Поделиться в Facebook / Реклама / Все права защищены.
Читайте также: Итоги саммита / Страница 3 из 12
"""
)

NEAR_MISSES = cases(
    """
Share of the market rose. / Share prices fell. / They share. / Share this secret with nobody, she said.
Print is dead. / The Tweet / Advertisement spending doubled. / Advertisements for tobacco were banned.
Exit mobile versions of the app by pressing the button twice. / Skip to my Lou
Skip to the content of the letter, which matters more. / Subscribe to a theory / Read more books, he advised.
Read more: the study found that reading aloud helps children learn. / See also: 18 U.S.C. § 1030
Click here to open the settings, then choose a colour.
We use cookies to decorate the tree, and the children eat them on Christmas Eve.
All rights are reserved to the states.
The contract says that all rights reserved by the author lapse after ten years.
Copyright 1998 changed the law for good. / Copyright law / The sign © was first used in 1909 and means copyright.
Home | Away | Score / Year | Value / | Home | About | / Page 3 of the report says otherwise. / Page 3
Leave a comment in the margin when you disagree. / Related articles of the treaty / Contents may vary.
Comments on the law / # Advertisement / Teilen ist schön. / Anzeige gegen Unbekannt / Partager le pain
Publicité mensongère / 分享经济正在增长。 / 广告法 / Реклама запрещена. / Поделиться хлебом
"""
)


def between(line: str) -> str:
    """The line as a paragraph of its own between two others."""
    return f"{BEFORE}\n\n{line}\n\n{AFTER}\n"


@pytest.mark.parametrize("line", BUTTONS)
def test_a_known_line_is_boilerplate(line: str) -> None:
    """A line of boilerplate between two paragraphs is recognised as a whole and alone."""
    text = between(line)
    assert [span.of(text) for span in recognise(text)] == [line]


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_a_near_miss_is_text(line: str) -> None:
    """A line that merely begins like boilerplate, or holds its words, stays text."""
    assert recognise(between(line)) == ()


@pytest.mark.parametrize("line", BUTTONS)
def test_boilerplate_within_a_sentence_is_text(line: str) -> None:
    """The words of boilerplate within running text are never recognised."""
    assert recognise(f"{BEFORE} {line} and that was that, {AFTER}") == ()


def test_the_article_has_two_lines_of_boilerplate() -> None:
    """In the shipped article exactly its two last lines are boilerplate."""
    seeds = Path(__file__).parents[3] / "seeds"
    text = (seeds / "china-russia-diplomatic-ties.txt").read_text("utf-8")
    assert [span.of(text) for span in recognise(text)] == ["Share.", "Exit mobile version"]


@pytest.mark.parametrize("text", ["Share.", "Share.\nExit mobile version\n", "\n  Subscribe now\n\n© 2024 X\n", "分享"])
def test_a_text_of_nothing_but_boilerplate_has_none(text: str) -> None:
    """When every line would be boilerplate, the text is taken at its word."""
    assert recognise(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Ship\nShare\nPrint\nShirt\n",
        "Ship\n\nShare\n\nShirt\n",
        f"Share\n\nA share is a part of a company's capital that can be bought.\n\n{AFTER}",
        f"{BEFORE}\n\nPrint\n\nTo print a page, press the button on the left and wait for the lamp.\n\n{AFTER}",
        f"My plans for the new year are these, and I mean to keep every one of them:\n\n- Read more\n\n{AFTER}",
        f"Advertisement\n\n{BEFORE}\n\n{AFTER}",
        f"{BEFORE}\n\n```\nSkip to content\n```\n\n{AFTER}",
        "Ours to give,\nshare,\nours to live\n",
    ],
    ids=["list", "spaced list", "title", "headword", "bullet", "first line", "code", "verse"],
)
def test_single_words_that_belong_to_the_text_stay(text: str) -> None:
    """Word lists, titles, headwords, items of an announced list, code and verse are text."""
    assert recognise(text) == ()


def test_a_row_of_buttons_is_boilerplate_as_a_whole() -> None:
    """Buttons that stand together are recognised together, and the paragraphs beside them are kept."""
    text = between("Share\nTweet\nPrint")
    assert [span.of(text) for span in recognise(text)] == ["Share", "Tweet", "Print"]


def test_a_button_between_paragraphs_without_blank_lines_is_boilerplate() -> None:
    """Where every line is a paragraph, a button between long lines stands apart too."""
    text = f"{BEFORE}\nShare\n{AFTER}"
    assert [span.of(text) for span in recognise(text)] == ["Share"]


def test_a_menu_line_in_a_table_is_text() -> None:
    """A row that reads like a menu is text when the rows beside it are a table."""
    assert recognise(f"{BEFORE}\n\nPage | Visits\nAbout | Contact\n12 | 13\n\n{AFTER}") == ()


def test_line_ends_of_every_kind_end_a_line() -> None:
    """Spans are exact with CRLF, CR and form feeds, and leave outer blanks out."""
    text = f"{BEFORE}\r\n\r\n  Share this article \t\r\n\r\n{AFTER}\fPage 1 of 2\r{BEFORE}"
    assert [span.of(text) for span in recognise(text)] == ["Share this article", "Page 1 of 2"]


pieces = st.sampled_from([*BUTTONS, *NEAR_MISSES, BEFORE, AFTER, "", " ", "```", "\r", "\u2028", "|", "© "])


@given(st.one_of(st.text(), st.lists(st.one_of(pieces, st.text(max_size=20))).map("\n".join)))
def test_spans_are_sorted_and_within_the_text(text: str) -> None:
    """For any text spans are sorted, apart, not blank at their ends, whole lines, and leave some text."""
    spans = recognise(text)
    position = 0
    for span in spans:
        assert position <= span.start < span.end <= len(text)
        words = span.of(text)
        assert words == words.strip()
        assert len(words.splitlines()) == 1
        assert (text[: span.start] + "x").splitlines()[-1].strip() == "x"
        assert ("x" + text[span.end :]).splitlines()[0].strip() == "x"
        position = span.end
    assert not spans or not covers_all(text, spans)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: Span(min(pair), max(pair)))))
def test_merged_spans_cover_the_same_and_lie_apart(spans: list[Span]) -> None:
    """Merging keeps exactly the covered code points and leaves gaps between spans."""
    result = merged(spans)
    assert {i for s in result for i in range(s.start, s.end)} == {i for s in spans for i in range(s.start, s.end)}
    assert all(one.end < other.start for one, other in pairwise(result))


def test_recognising_takes_linear_time() -> None:
    """Hostile megabytes of one line, of buttons, and of near matches take seconds at most."""
    begun = time.perf_counter()
    for text in ("a" * 3_000_000, "Share\n" * 200_000 + "x", "| " * 1_000_000, "© 20" * 50_000, "cookies " * 300_000):
        recognise(text)
        recognise("\n".join([("copyright © " + text)[:290]] * 3000))
    assert time.perf_counter() - begun < 40  # a hang, not a slow machine
