"""Sentence boundaries by rule: what ends a sentence and what only looks like it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking.sentences import sentences

# One case a line; `|` parts the sentences that are expected and stands for the space between them; `¦` does so where
# there is no space, in Chinese and Japanese.
CASES = """
China is a counterweight to the U.S.-led West.|Beijing has emerged.
U.S. Secretary of State Antony Blinken spoke.|He left.
He lives in the U.S.|The president does too.
I live in the E.U.|How about you?
He praised the U.N.|He said it matters.
The F.B.I. agent left.|It rained.
She has a Ph.D. in physics.|She teaches.
She has a Ph.D.|She teaches.
Mr. Smith met Dr. Jones.|They talked.
St. Peter smiled at Gov. Newsom and Sen. Warren.|We went in.
Sgt. Maj. Brown led.|They won.
Use fruit, e.g. Apples or pears, i.e. Food.|Then stop.
We have apples, pears, etc. in stock.|Come by.
We have apples, pears, etc.|Come by.
We have apples, etc. , it says.|Come by.
Smith et al. found it.|We agree.
Apple Inc. Chief Executive Tim Cook announced it.|Shares rose.
He works at Apple Inc.|He likes it.
Brown vs. Board was decided.|It changed law.
See No. 5 for details.|It is short.
Will he come?|No.|It was always so.
See p. 12 for more.|See pp. 3–5 too.
See Fig. 3, Eq. (4) and Sec. 2.1.|They differ.
On Jan. 5 we left.|It snowed.
It ended in Jan.|Trump said so.
Born c. 1450 in Rome.|Died 1500.
J. R. R. Tolkien wrote it.|It sold well.
George W. Bush won.|He served.
We make a good team, you and I.|Did you see Albert I. Jones yesterday?
So did I.|Peter left.
It grows with n.|Polynomial time is fast.
It was vitamin C.|He took it.
We met at 5 a.m. on Monday.|It was cold.
We met at 5 a.m.|Police came.
He arrived at 10.30 p.m. Tuesday.|All slept.
It is open from 6.30 a.m. – 9 p.m. on weekdays.|Come by.
Open 9 a.m. - 5 p.m., Saturdays 10 A.M. — 4 P.M. only.|Closed on Sundays.
Drinks are served 8 p.m. – Midnight.|Food 9 a.m. – noon.|Bring cash.
The desk is open 9a.m. – 5.30p.m. Monday to Friday.|It is near.
The shop closes at 5.30p.m.|Police came.
Monday: 6.30 a.m. – 9 p.m.|Tuesday: 7 a.m. – 9 p.m.|Wednesday: closed.
It shut at 5 p.m.|– The last guest left.|He paid.
We sell pens, paper, etc. – 300 things in all.|Come by.
See Jan. – 5 days of it – for more.|It ends.
It ended in 1945.|– 300 people came.
Pi is 3.14 roughly.|Version 2.0.1 is out.
See https://www.example.com/a.b?c=d.|Visit example.com or ASP.NET.|Write to a.b@example.com.
It costs $5.50.|In 1990 it cost 1.|Now what?
It ended in 1945.|Then came peace.
1. Do this.|Then that.
a. Do this.|Then that.
I thought ... maybe not.|Then I left.
I thought… maybe not.|Then I left.
He said it. . . and left.|Then he came back.
She never meant that....|She left the store.
"Bohr [...] used the analogy [...]" (Smith 55).|So it is.
Really?!|Yes!|No…|What?
"Stop." he said.|Then he ran.
"Stop!" John Smith shouted.|Then he ran.
He asked "Why?" and left.|No one knew.
"Stop."|He ran.
He read "Stop".|5 men ran.
“We won’t go.”|She stayed.
The end.|“Why?” she asked.|‘No answer.’|So.
(It is true.)|Or not (see above).|Good.
He teaches (He was an engineer.) at the university.|It is near.
It is true.[1]|It was shown.[2][citation needed]|It is so.:116|Good.
It is true.¹|It was shown. [3]|Good.
**It is bold.**|_It is not._|Good.
Yahoo! is a company.|It is old.
iPhone sales rose.|iPads fell too.
— Да.|— Нет.
Das gilt z. B. für Rot, d. h. Für alle, bzw. Frauen.|Das ist gut.
Er kam am 3. Oktober 1990 an.|Im 19. Jahrhundert nicht.|Am 12. 5. auch.
Das ist Haus Nr. 7 von Dr. Müller.|„Hilfe!“|Er ging.
El Sr. López y la Sra. Ruiz de EE. UU. llegaron.|Comió.
¿Cómo estás?|¡Muy bien!|Gracias.
Voir p. ex. Paris.|« Viens ! »|M. Dupont est là.
Он пришёл в 5 ч. утра.|Это было в 1990 г. в Москве, т. е. давно.|Было холодно и т. д.|Потом прошло.
Αυτό είναι;|Ναι.
هل هذا صحيح؟|نعم هذا صحيح.|شكرا.
یہ ایک جملہ ہے۔|یہ دوسرا ہے۔
זה משפט אחד.|זה משפט שני!
यह एक वाक्य है।|यह दूसरा है।
ეს NATO არის.|ეს მეორეა.
Սա է։|Այո։
他来了。¦他走了！¦真的吗？
他说：“我来了。”¦然后走了。
“我来了。”他说。¦然后走了。
圆周率是3.14。¦版本2.0好吗?¦是的
「行こう。」と彼は言った。¦雨だった。
all in lower case, e.g. this.|it still ends.|right?
"""


def parted(text: str) -> list[str]:
    """The sentences of a whole text."""
    return [span.of(text) for span in sentences(text, 0, len(text))]


@pytest.mark.parametrize("case", CASES.strip().split("\n"))
def test_parts_where_a_reader_would(case: str) -> None:
    """Each text of the table splits into exactly the sentences it was joined from."""
    assert parted(case.replace("|", " ").replace("¦", "")) == re.split(r"[|¦]", case)


def test_a_line_end_is_a_space() -> None:
    """Wrapping a text at any of its spaces, with any line end, changes no boundary."""
    text = "U.S. Secretary Blinken spoke in the U.S. The West heard Mr. Smith. “Why?” she asked. It was Jan. 5."
    for line_end in ("\n", "\r\n", "\r", "\u2028", "\n> "):
        assert len(parted(text.replace(" ", line_end))) == len(parted(text)) == 4


def test_thai_is_parted_at_spaces_once_long_enough() -> None:
    """Thai has no full stop: long text is parted at spaces, a short phrase is not."""
    phrase = "ประเทศไทยเป็นประเทศในเอเชียตะวันออกเฉียงใต้"
    assert parted(f"{phrase} {phrase}") == [f"{phrase} {phrase}"]
    assert len(parted(" ".join([phrase] * 4))) == 2


MARKS = [*".!?…。！؟।;:,", *"\"'”“»«)(][*_>", *" \n\t\u00a0\u2028", "...", ". . .", "[1]", "¹"]
WORDS = ["Mr.", "U.S.", "z. B.", "i.e.", "No.", "3.", "I", "A", "The", "said", "am", "他", "と", "กา", "שלום"]
WORDS += ["😀", "e\u0301"]
PIECES = st.sampled_from([*MARKS, *WORDS])


@given(st.lists(PIECES | st.text(max_size=4), max_size=40).map("".join), st.integers(0, 9), st.integers(0, 9))
def test_every_character_lies_in_exactly_one_sentence(text: str, before: int, after: int) -> None:
    """Within the stretch asked for, sentences are in order, stripped, and leave out only white space."""
    start, end = min(before, len(text)), max(len(text) - after, min(before, len(text)))
    at = start
    for span in sentences(text, start, end):
        assert at <= span.start < span.end <= end
        assert not text[at : span.start].strip()
        assert span.of(text) == span.of(text).strip()
        at = span.end
    assert not text[at:end].strip()
