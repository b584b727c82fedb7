"""The page at / and the reading view: who may see what, and what becomes of words that look like markup."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from patience import CEILING
from server import Client, Server, Starter

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    f"{SCRIPT} The lighthouse of Tarbert was lit in 1844. <img src=x onerror=alert(2)> [1] It is 40 metres high.\n\n"
    '"><iframe src=//evil.example> The keeper was Ms \u202eHamnavoe\u202c.\n'
)


class Browser(httpx.Client):
    """A browser that has signed in with the key of a client."""

    def __init__(self, client: Client) -> None:
        super().__init__(base_url=client.url, timeout=CEILING, headers={"Origin": client.url})
        signed_in = self.post("/session", data={"secret": client.key})
        assert signed_in.status_code == 303, signed_in.text

    def answer(self, question: str, conversation: str = "page") -> str:
        """The page after a question, as a browser without scripts shows it."""
        asked = self.post("/ask", data={"question": question, "conversation": conversation})
        assert asked.status_code == 303, asked.text
        return self.get(asked.headers["location"]).text


@pytest.fixture
def browser(ann: Client) -> Iterator[Browser]:
    """Ann's browser."""
    found = Browser(ann)
    yield found
    found.close()


def marked(html: str) -> str:
    """The words that a page of the reading view marks."""
    found = re.search(r'<mark id="words">(.*?)</mark>', html, re.DOTALL)
    assert found, html[:2000]
    return found[1]


def note(html: str) -> str:
    """The address that the first footnote of a page opens."""
    found = re.search(r'class="note" href="([^"]+)"', html)
    assert found, html
    return found[1].replace("&amp;", "&")


def test_a_question_is_asked_and_its_footnote_opened_without_scripts(ann: Client, browser: Browser) -> None:
    """The answer with bold words, a place and a footnote, behind which the very quote is marked; kept when reloaded."""
    html = browser.answer("Who is Mao Ning?")
    assert "<b>" in html, html[html.index("<main>") :]
    assert "paragraph 2" in html
    read = browser.get(f"/{note(html)}")
    assert read.status_code == 200
    (citation,) = ann.post("/v1/ask", json={"question": "Who is Mao Ning?"}).json()["citations"]
    assert marked(read.text) == citation["quote"]
    asked = "Who is Mao Ning?</h2>"
    assert html.count(asked) == browser.get("/?c=page").text.count(asked) == 1


def test_nobody_sees_the_page_without_a_key(server: Server) -> None:
    """To sign in is all there is: no document, no answer, no text; a wrong key says so."""
    with httpx.Client(base_url=server.url, timeout=CEILING) as nobody:
        page = nobody.get("/")
        assert 'name="secret"' in page.text
        assert "China" not in page.text
        assert nobody.post("/session", data={"secret": "wrong-sesame-wrong"}).status_code == 401
        assert nobody.post("/ask", data={"question": "Who is Mao Ning?"}).status_code == 401
        assert nobody.get("/read/000000000000").status_code == 401
        for cookie in ("asker-1|9999999999|00", "asker-1||", "|", "\u00e9", f"asker-1|9{'9' * 40}|{'0' * 32}"):
            forged = httpx.Request("GET", f"{server.url}/", headers={b"Cookie": f"footnote_session={cookie}".encode()})
            assert 'name="secret"' in nobody.send(forged).text


def test_a_session_is_its_keys_and_nobody_else_s(ann: Client, bob: Client, browser: Browser) -> None:
    """What Ann adds, her browser reads and Bob's does not; signed out, it reads nothing."""
    mine = ann.post("/v1/documents", json={"title": "Ann's", "text": HOSTILE}).json()["id"]
    assert "Tarbert" in browser.get(f"/read/{mine}").text
    assert "Tarbert" in browser.answer("When was the lighthouse of Tarbert lit?")
    with closing(Browser(bob)) as other:
        assert other.get(f"/read/{mine}").status_code == 404
        assert mine not in other.get("/").text
        assert "1844" not in other.answer("When was the lighthouse of Tarbert lit?")
        assert "Tarbert" not in other.get("/?c=page").text.replace("When was the lighthouse of Tarbert lit?", "")
    assert browser.get("/v1/documents").status_code == 200
    browser.post("/session/end")
    assert browser.get(f"/read/{mine}").status_code == 401
    assert browser.get("/v1/documents").status_code == 401


def test_a_session_ends_with_its_key(serve: Starter) -> None:
    """Once the secret of a name is another one, who signed in with the old one is signed out."""
    server = serve(FOOTNOTE_API_KEYS="ann:ann-open-sesame-16")
    with closing(Browser(server.client("ann-open-sesame-16"))) as browser:
        assert 'id="question"' in browser.get("/").text
        server.stop()
        server._environment["FOOTNOTE_API_KEYS"] = "ann:ann-new-sesame-16"
        server.restart().ready()
        assert 'name="secret"' in browser.get("/").text


def test_pages_of_other_sites_ask_nothing(server: Server, browser: Browser, serve: Starter) -> None:
    """A browser sends its cookie, or is on this machine: another site's page may still not ask, add or remove."""
    foreign = {"Origin": "https://evil.example"}
    assert browser.post("/ask", data={"question": "Who?"}, headers=foreign).status_code == 403
    assert browser.delete("/v1/documents/000000000000", headers=foreign).status_code == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/v1/documents", json={"title": "t", "text": "x"}, headers=cross).status_code == 403
    own = serve()
    for headers in (foreign, cross, {"Host": "evil.example"}):
        assert httpx.get(f"{own.url}/", headers=headers).status_code == 403
        assert httpx.post(f"{own.url}/ask", data={"question": "Who?"}, headers=headers).status_code == 403
    assert httpx.get(f"{own.url}/", timeout=CEILING).status_code == 200


def test_what_documents_and_questions_hold_is_never_markup(ann: Client, browser: Browser) -> None:
    """Tags, quotes and turned words of a text, a title and a question are shown as words in each place."""
    added = ann.post("/v1/documents", json={"title": f"A {SCRIPT} title", "text": HOSTILE}).json()["id"]
    pages = [
        browser.answer(f'{SCRIPT} "> When was the lighthouse of Tarbert lit? <b onclick=x>'),
        browser.get(f"/read/{added}?start=0&end=80").text,
        browser.get("/").text,
        browser.get(f"/?c={SCRIPT}").text,
    ]
    for html in pages:
        assert SCRIPT not in html
        assert "onerror=alert(2)>" not in html
        assert "<iframe src=//evil" not in html
        assert "\u202e" not in html
        assert html.count("<script") <= 1
    for path in ("/", f"/read/{added}", "/read/none", "/session"):
        response = (
            browser.get(path) if path != "/session" else browser.post(path, data={"secret": "no-sesame-no-sesame"})
        )
        policy = response.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "script-src 'self'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_a_long_text_is_read_in_parts(ann: Client, browser: Browser) -> None:
    """Around the cited words, wherever they stand; what stands before and after is one tap away, and none is lost."""
    lines = [f"Line {number} of the log: the ferry left at {number % 24} o'clock." for number in range(6000)]
    text = "\n".join(lines)
    added = ann.post("/v1/documents", json={"title": "Log", "text": text}).json()["id"]
    start = text.index("Line 3000 ")
    end = start + len(lines[3000])
    page = browser.get(f"/read/{added}?start={start}&end={end}")
    assert marked(page.text) == lines[3000].replace("'", "&#39;")
    assert len(page.content) < 150_000
    seen, at = "", "?at=0"
    while at:
        html = browser.get(f"/read/{added}{at}").text
        main = re.search(r'<main dir="auto">(.*)</main>', html, re.DOTALL)
        assert main
        seen += re.sub(r"<[^>]+>", "", main[1]).replace("&#39;", "'")
        later = re.search(r'href="([^"]+)">Later', html)
        at = later[1].replace("&amp;", "&") if later else ""
    assert seen == text
    for odd in (
        "start=9&end=3",
        "start=-1&end=x",
        f"start=0&end={10**12}",
        "at=99999999999",
        "revision=7",
        "start=²&end=5",
    ):
        assert browser.get(f"/read/{added}?{odd}").status_code in (200, 410)


def test_words_of_a_text_that_was_replaced_are_not_shown_in_their_place(ann: Client, browser: Browser) -> None:
    """The old place in a new text would be other words: it says so, and leads to the text as it is."""
    sent = {"title": "Hours", "text": "The library opens at nine.", "source": "hours"}
    added = ann.post("/v1/documents", json=sent).json()["id"]
    opened = note(browser.answer("When does the library open?"))
    assert marked(browser.get(f"/{opened}").text) == sent["text"]
    ann.post("/v1/documents", json={**sent, "text": "From May on, the library opens at ten."})
    gone = browser.get(f"/{opened}")
    assert gone.status_code == 410
    assert "has changed" in gone.text
    assert "at ten" in browser.get(f"/read/{added}").text


@pytest.fixture
def linked(serve: Starter) -> Iterator[Client]:
    """A client of a server that makes links to documents."""
    address = "https://footnote.example"
    key = "ann-open-sesame-16"
    server = serve(FOOTNOTE_API_KEYS=f"ann:{key}", FOOTNOTE_PUBLIC_URL=address, FOOTNOTE_LINK_DAYS="7")
    with server.client(key) as client:
        yield client


def test_a_signed_link_opens_its_document_and_no_other(linked: Client) -> None:
    """Whoever has it reads the marked words without a key; changed in any part, or ended, it opens nothing."""
    mine = linked.post("/v1/documents", json={"title": "Mine", "text": HOSTILE}).json()["id"]
    other = linked.post("/v1/documents", json={"title": "Other", "text": "The safe opens with 4711."}).json()["id"]
    asked = linked.post("/v1/ask", json={"question": "When was the lighthouse of Tarbert lit?"}).json()
    (citation,) = asked["citations"]
    url = urlsplit(citation["url"])
    assert citation["url"].startswith(f"https://footnote.example/read/{mine}?")
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert 0 < int(query["until"]) - time.time() < 9 * 86_400

    def opened(document: str, **changed: str) -> httpx.Response:
        asked = {name: value for name, value in {**query, **changed}.items() if value}
        return httpx.get(f"{linked.url}/read/{document}?{urlencode(asked)}", timeout=CEILING)

    assert "lit in 1844" in marked(opened(mine).text)
    refused = [
        opened(other),
        opened(mine, until=str(int(query["until"]) + 86_400)),
        opened(mine, until="1"),
        opened(mine, until="²"),
        opened(mine, signature="0" * 32),
        opened(mine, signature=""),
        opened(mine, until=""),
        opened(mine, signature="\u00e9"),
    ]
    assert {one.status_code for one in refused} <= {401, 403}
    assert not [one for one in refused if "1844" in one.text or "4711" in one.text]
    signed = {"until": query["until"], "signature": query["signature"]}
    for path in ("/", "/v1/documents", f"/v1/documents/{mine}/text"):
        assert "1844" not in httpx.get(f"{linked.url}{path}", params=signed, timeout=CEILING).text
    linked.delete(f"/v1/documents/{mine}")
    assert opened(mine).status_code == 404


def test_links_are_made_only_where_they_are_asked_for(ann: Client) -> None:
    """Without the setting, a document of one's own has no address."""
    answer = ann.post("/v1/ask", json={"question": "Who is Mao Ning?"}).json()
    assert [one["url"] for one in answer["citations"]] == [None]
