"""Documents by HTTP: what is added, replaced, read and removed, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback import Site, answer, redirect
from patience import wait_until
from pdfs import pdf
from server import Client, Server, Starter, problem, sent, status_of

from retrieval.loaders.loading import MAX_BYTES, LoadingError, load_bytes

KEYS = "ann:ann-first-secret,bob:bob-first-secret"
ANN, BOB = "ann-first-secret", "bob-first-secret"
FERRY = "🚢 Skerry’s ferry leaves at nine. The lighthouse was finished in 1811 by Una Marsh."
JSON = {"Content-Type": "application/json"}
BOOK = pdf("The lighthouse was finished in 1811.", "The harbour of Skerry was built by Una Marsh.")
FORM = "multipart/form-data; boundary=x"
ADDING = 'footnote_work_admitted{kind="documents"}'
"""How many documents are being added, or wait for that."""
ARTICLE = "seeds/china-russia-diplomatic-ties.txt"


def upload(client: httpx.Client, name: str, data: bytes) -> httpx.Response:
    return client.post("/v1/documents", files={"file": (name, data)})


def form(name: str, text: str) -> bytes:
    """The body of a form with one file; the name is quoted."""
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    return f"--x\r\n{disposition}\r\n\r\n{text}\r\n--x--\r\n".encode()


def added(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    assert response.headers["location"] == f"/v1/documents/{told['id']}"
    assert set(told) == {"id", "title", "passages", "replaced"}
    return told


def refused(response: httpx.Response, status: int, kind: str) -> str:
    return str(problem(response, status, kind)["detail"])


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    """The documents there are."""
    found: list[dict[str, Any]] = client.get("/v1/documents").json()["documents"]
    return found


def sources(client: httpx.Client) -> list[str]:
    """Their sources, but for that of the article."""
    return [one["source"] for one in listed(client) if one["source"] != ARTICLE]


@pytest.mark.both_topologies(servers="long")
def test_what_is_added_is_listed_answered_from_and_opened_at_its_exact_words(ann: Client) -> None:
    """A form, a text and a PDF of two pages; offsets count code points, also behind a character outside the BMP. The
    same name again replaces one's own, and the source of the shared article is another document's.
    """
    ferry = added(upload(ann, "ferry.txt", FERRY.encode()))
    hours = added(ann.post("/v1/documents", json={"title": "Opening hours", "text": "The library opens at ten."}))
    book = added(upload(ann, "book.pdf", BOOK))
    assert (hours["title"], hours["passages"], hours["replaced"]) == ("Opening hours", 1, False)
    entries = {one["source"]: one for one in listed(ann)}
    assert [one["owner"] for one in entries.values()] == ["shared", "you", "you", "you"]
    assert entries["text/Opening hours"]["characters"] == len("The library opens at ten.")
    assert (entries["upload/book.pdf"]["pages"], entries["upload/ferry.txt"]["pages"]) == (2, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entries["upload/book.pdf"]["added_at"])
    assert ann.get(f"/v1/documents/{book['id']}").json() == entries["upload/book.pdf"]
    whole = ann.get(f"/v1/documents/{ferry['id']}/text").json()
    assert whole == {"id": ferry["id"], "start": 0, "end": len(FERRY), "text": FERRY}
    asked = {"question": "Who finished the lighthouse?", "documents": [ferry["id"]]}
    (citation, *_) = ann.post("/v1/ask", json=asked).json()["citations"]
    span = {"start": citation["start"], "end": citation["end"]}
    words = ann.get(f"/v1/documents/{ferry['id']}/text", params=span).json()
    assert words["text"] == citation["quote"] == FERRY[span["start"] : span["end"]]
    again = added(upload(ann, "ferry.txt", b"The ferry leaves at ten."))
    assert (again["id"], again["replaced"], ferry["replaced"]) == (ferry["id"], True, False)
    article = entries[ARTICLE]
    mine = added(ann.post("/v1/documents", json={"title": "Mine", "text": "Nothing.", "source": ARTICLE}))
    assert mine["id"] != article["id"] and article in listed(ann)


def test_without_keys_what_is_added_is_shared_as_on_the_command_line(serve: Starter) -> None:
    """The user of the machine adds for everyone, and may remove what is shared; nor may it evade the guard."""
    server = serve()
    with server.client() as client:
        identifier = added(upload(client, "ferry.txt", FERRY.encode()))["id"]
        assert client.get(f"/v1/documents/{identifier}").json()["owner"] == "shared"
        assert client.delete(f"/v1/documents/{identifier}").status_code == 204
        refused(client.post("/v1/documents", json={"url": server.url}), 422, "unreadable")
        assert sources(client) == []


def test_the_name_of_a_file_is_data(server: Server, ann: Client, tmp_path: Path) -> None:
    """Paths, control characters, dots and no name at all become sources; nothing is written where a name points."""
    given = {
        "notes.txt": "upload/notes.txt",
        "../../../etc/passwd": "upload/passwd",
        "C:\\Users\\Ann\\notes 2.txt": "upload/notes 2.txt",
        "/": None,
        "": None,
        "..": None,
        " . ": None,
        "a\x00b\x1b[2J\u202e.txt": "upload/a\ufffdb\ufffd[2J\ufffd.txt",
        "Bildschirm\u202ffoto.txt": "upload/Bildschirm foto.txt",
        "報告書.txt": "upload/報告書.txt",
        "n" * 251 + ".txt": "upload/" + "n" * 251 + ".txt",
        "https://example.org/notes.txt": "upload/notes.txt",
    }
    before = {one for one in tmp_path.rglob("*") if one.is_file()}
    for name, source in given.items():
        identifier = added(_named(ann, name))["id"]
        entry = ann.get(f"/v1/documents/{identifier}").json()
        assert entry["url"] is None
        assert entry["source"] == source or (source is None and re.fullmatch("upload/[0-9a-f]{12}", entry["source"]))
    assert len(sources(ann)) == len(set(given.values()) - {None}) + 4  # without a name each stands alone
    assert "255" in refused(_named(ann, "n" * 256), 422, "invalid")
    assert "zip" in refused(_named(ann, "notes.zip"), 422, "unreadable")
    written = {one for one in tmp_path.rglob("*") if one.is_file()} - before
    assert not [one for one in written if "notes" in one.name or "passwd" in one.name]


def test_a_source_that_a_client_gives_is_kept_in_one_line(ann: Client) -> None:
    """The source given is the source; without one the title tells texts apart."""
    text = "The library opens at nine."

    def send(**more: str) -> dict[str, Any]:
        identifier = added(ann.post("/v1/documents", json={"title": "Hours", "text": text, **more}))["id"]
        return dict(ann.get(f"/v1/documents/{identifier}").json())

    assert send()["source"] == "text/Hours"
    assert send(title=" Hours\n")["source"] == "text/Hours"
    assert send(source="wiki\n42\0")["source"] == "wiki 42\ufffd"
    page = send(source="https://intranet.example/hours")
    assert page["url"] == page["source"] == "https://intranet.example/hours"
    assert len(sources(ann)) == 3
    # A text is text, whatever it begins with; a whole page of HTML is read as one, as from standard input.
    magic = send(source="magic", text="%PDF-1.7 begins a PDF. \0")
    assert ann.get(f"/v1/documents/{magic['id']}/text").json()["text"] == "%PDF-1.7 begins a PDF. \ufffd"
    html = send(source="html", text="<!doctype html><html><body><p>The library opens at nine.</p></body></html>")
    assert ann.get(f"/v1/documents/{html['id']}/text").json()["text"].strip() == text


def test_what_cannot_be_read_is_told_in_the_loaders_words(ann: Client) -> None:
    """Damaged, empty and unsupported files are 422 with the line of `footnote add`, and none is added. What is said of
    each kind of file is claimed in tests/retrieval/loaders.
    """
    files = {"broken.pdf": BOOK[:300], "empty.txt": b"", "picture.png": b"\x89PNG\r\n\x1a\n\0\0"}
    for name, data in {**files, "program": Path("/bin/true").read_bytes(), "spaces.txt": b" " * MAX_BYTES}.items():
        with pytest.raises(LoadingError) as told:
            load_bytes(data, source="", name=name)
        assert refused(upload(ann, name, data), 422, "unreadable") == str(told.value)
    assert sources(ann) == []


def test_what_is_too_large_is_413(ann: Client) -> None:
    """A byte over 20 MiB, a JSON over 1 MiB, and a body that does not tell its length; nothing is added."""
    assert "20 MiB" in refused(upload(ann, "ferry.txt", b"a" * (MAX_BYTES + 1)), 413, "too-large")
    text = {"title": "Hours", "text": "a " * 512 * 1024}
    assert "1 MiB" in refused(ann.post("/v1/documents", json=text), 413, "too-large")

    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        while True:
            yield b"a" * 65536

    try:
        response = ann.post("/v1/documents", content=endless(), headers={"Content-Type": FORM})
        refused(response, 413, "too-large")
    except httpx.TransportError:
        pass  # the server closed while the client went on sending
    assert sources(ann) == []


def test_what_is_malformed_is_refused_with_a_status_of_its_own(ann: Client) -> None:
    """Each way to send something else than a document has its status and its line, and none is the server's failure."""
    part = form("a.txt", "The ferry.")
    bad: list[tuple[str | None, bytes, int]] = [
        (None, part, 415),
        ("text/plain", b"The ferry.", 415),
        ("application/x-www-form-urlencoded", b"url=https://example.org/", 415),
        ("multipart/form-data", part, 400),
        ("multipart/form-data; boundary=y", part, 400),
        (f"{FORM}; charset=undefined", part, 400),
        *((FORM, broken, 422) for broken in (b"", part[:-20], b"--x--\r\n", part[:-5] + b"\r\n" + part)),
        *((FORM, part.replace(old, new), 422) for old, new in ((b'"file"', b'"x"'), (b'; filename="a.txt"', b""))),
        (FORM, b"--x\r\nContent-Disposition: form-data\r\n\r\nThe ferry.\r\n--x--\r\n", 400),
        *(("application/json", body, 400) for body in (b"", b"{", b"\xff", b"[" * 100_000)),
        *(("application/json", body, 422) for body in (b"null", b"[]", b"{}")),
        ("application/json", b'{"title": "Hours"}', 422),
        ("application/json", b'{"title": " ", "text": "The ferry."}', 422),
        ("application/json", b'{"title": "Hours", "text": ""}', 422),
        ("application/json", b'{"title": "Hours", "text": 1}', 422),
        ("application/json", b'{"title": "Hours", "text": "The ferry.", "owner": "shared"}', 422),
        ("application/json", b'{"title": "Hours", "text": "The ferry.", "url": "https://example.org/"}', 422),
        ("application/json", json.dumps({"title": "h" * 201, "text": "The ferry."}).encode(), 422),
        ("application/json", json.dumps({"title": "h", "text": "x", "source": "s" * 501}).encode(), 422),
        ("application/json", b'{"title": "Hours", "text": "\\ud800"}', 422),
        ("application/json", b'{"url": ["https://example.org/"]}', 422),
        ("application/json", b'{"url": ""}', 422),
        ("application/json", b'{"url": "http://example.org/\\ud800"}', 422),
    ]
    for kind, body, status in bad:
        headers = {} if kind is None else {"Content-Type": kind}
        response = ann.post("/v1/documents", content=body, headers=headers)
        assert response.status_code == status, (kind, body[:80], response.text)
        assert response.json()["detail"].isprintable()
    assert sources(ann) == []


def test_a_page_is_fetched_through_the_guard(serve: Starter, new_site: Callable[[], Site]) -> None:
    """What a setting allows is read and replaced; failures are 422 without a word of what came back."""
    site, inner = new_site(), new_site()
    page = b"<html><title>Ferries</title><body><p>The ferry to Skerry leaves at nine.</p></body></html>"
    site.answers = {
        "/ferries": answer(page, "Content-Type: text/html"),
        "/inner": redirect(f"{inner.url}/secret"),
        "/broken": answer(b"the password is opensesame", status="500 Oh opensesame"),
        "/picture": answer(b"opensesame", "Content-Type: image/png"),
        "/nothing": answer(b"", "Content-Type: text/plain"),
        "/large": answer(b"", f"Content-Length: {MAX_BYTES + 1}"),
    }
    inner.answers = {"/secret": answer(b"opensesame")}
    server = serve(
        FOOTNOTE_API_KEYS=KEYS,
        FOOTNOTE_FETCH_ALLOWED=f"127.0.0.1:{site.port}",
        FOOTNOTE_OUTBOUND_ALLOWED=f"127.0.0.1:{inner.port}",  # to be sent replies, not to be read
    )
    with server.client(ANN) as client:
        told = added(client.post("/v1/documents", json={"url": f"{site.url}/ferries#top"}))
        assert told["title"] == "Ferries"
        entry = client.get(f"/v1/documents/{told['id']}").json()
        assert entry["source"] == entry["url"] == f"{site.url}/ferries"
        for path in ("/inner", "/broken", "/picture", "/nothing", "/large"):
            line = refused(client.post("/v1/documents", json={"url": f"{site.url}{path}"}), 422, "unreadable")
            assert line.startswith(f"{site.url}{path}") and "opensesame" not in line
        for address in (f"{inner.url}/secret", "http://localhost/", "http://[fd00:ec2::254]/"):
            line = refused(client.post("/v1/documents", json={"url": address}), 422, "unreadable")
            assert line == f"{address} is not a public address, so it is not reached."
        assert len(listed(client)) == 2
    assert inner.connections == 0


@pytest.mark.both_topologies(servers="long")
def test_spans_and_ids_that_are_not_there(server: Server, ann: Client) -> None:
    """Spans outside the text are 422; ids of any kind, however long or odd, are 404, for each method."""
    one = added(upload(ann, "ferry.txt", FERRY.encode()))["id"]
    end = len(FERRY)
    for start, stop in ((0, end), (3, 3), (end, end), (0, 1)):
        words = ann.get(f"/v1/documents/{one}/text?start={start}&end={stop}").json()
        assert (words["start"], words["end"], words["text"]) == (start, stop, FERRY[start:stop])
    assert ann.get(f"/v1/documents/{one}/text?start=5").json()["text"] == FERRY[5:]
    for query in (f"end={end + 1}", f"start={end + 1}", "start=5&end=4", f"start={10**30}", f"end={10**30}"):
        assert f"{end:,}"[:3] in refused(ann.get(f"/v1/documents/{one}/text?{query}"), 422, "out-of-range")
    for query in ("start=-1", "start=a", "end=", "start=1.5", "start=%00", "end=١"):
        assert ann.get(f"/v1/documents/{one}/text?{query}").status_code in (200, 422)
    odd = ["0" * 12, one[:6], one + "0", one.upper(), "a" * 60_000, "%00", f"{one}%00", "%ff%fe", "%ED%A0%80", "%2e%2e"]
    odd += ["..%2f..%2fetc%2fpasswd", "%F0%9F%9A%A2", "%27%20or%201=1--", "*", "%25", "%0d%0aSet-Cookie:%20a=b"]
    for identifier in odd:
        path = f"/v1/documents/{identifier}"
        for method, target in (("GET", path), ("GET", f"{path}/text"), ("DELETE", path)):
            found = status_of(sent(server, f"{method} {target}", f"Authorization: Bearer {ann.key}"))
            assert found == 404 or (found == 400 and len(identifier) > 50_000), (target[:80], found)
    assert ann.get("/v1/documents/").status_code == 404  # a redirect might lead from https to http
    strange = ["\0", "a" * 64, "' or 1=1 --", one + "\0"]
    for identifier in strange:
        body = json.dumps({"question": "Who?", "documents": [identifier]})
        for path in ("/v1/ask", "/v1/search"):
            assert ann.post(path, content=body, headers=JSON).status_code == 404
    assert len(listed(ann)) == 2


def test_the_address_of_a_citation_does_not_open_other_words(ann: Client, bob: Client) -> None:
    """Its revision opens the quote until the document is replaced: then it is gone, and the line says what to do. To
    others it was never there. Without a revision the present words are read, and a document that was removed is 404.
    """
    text = {"source": "ferry", "title": "Ferry", "text": FERRY}
    one = added(ann.post("/v1/documents", json=text))["id"]
    asked = {"question": "When does Skerry’s ferry leave?", "documents": [one]}

    def address(answer: dict[str, Any]) -> tuple[str, str]:
        (cited, *_) = answer["citations"]
        place = f"revision={cited['revision']}&start={cited['start']}&end={cited['end']}"
        return f"/v1/documents/{one}/text?{place}", cited["quote"]

    old, quote = address(ann.post("/v1/ask", json=asked).json())
    assert ann.get(old).json()["text"] == quote
    assert added(ann.post("/v1/documents", json={**text, "text": FERRY.replace("nine", "noon")}))["replaced"]
    assert "Ask again" in refused(ann.get(old), 410, "replaced")
    assert "noon" in ann.get(re.sub(r"revision=\d+&", "", old)).json()["text"]
    new, quote = address(ann.post("/v1/ask", json=asked).json())
    assert "noon" in quote == ann.get(new).json()["text"]
    for revision in ("0", "-1", "x", str(2**31), str(2**70)):
        refused(ann.get(f"/v1/documents/{one}/text?revision={revision}"), 422, "invalid")
    refused(ann.get(f"/v1/documents/{one}/text?revision={2**31 - 1}"), 410, "replaced")
    assert refused(bob.get(old), 404, "not-found") == refused(bob.get(new), 404, "not-found")
    assert ann.delete(f"/v1/documents/{one}").status_code == 204
    refused(ann.get(new), 404, "not-found")


def test_removing(ann: Client, bob: Client) -> None:
    """One's own is gone at once, and then not there; what is shared is not a key's to remove."""
    one = added(upload(ann, "ferry.txt", FERRY.encode()))["id"]
    article = listed(ann)[0]["id"]
    assert "shared" in refused(ann.delete(f"/v1/documents/{article}"), 403, "not-yours")
    refused(bob.delete(f"/v1/documents/{one}"), 404, "not-found")
    response = ann.delete(f"/v1/documents/{one}")
    assert (response.status_code, response.content) == (204, b"")
    refused(ann.delete(f"/v1/documents/{one}"), 404, "not-found")
    refused(ann.get(f"/v1/documents/{one}/text"), 404, "not-found")
    found = ann.post("/v1/search", json={"question": "When does the ferry leave Skerry?", "limit": 100}).json()
    assert {passage["document"]["id"] for passage in found["passages"]} == {article}


@pytest.mark.both_topologies(servers="long")
def test_a_client_that_goes_away_leaves_no_half_document(server: Server, ann: Client) -> None:
    """The addition stops at its next step, or is whole; then the same document can be added."""
    text = "\n\n".join(f"Ferry {number} to Skerry leaves pier {number} at nine." for number in range(8000))
    headers = f"Authorization: Bearer {ann.key}", f"Content-Type: {FORM}"
    connection = sent(server, "POST /v1/documents", *headers, body=form("ferries.txt", text))
    wait_until(lambda: server.metric(ADDING) == 1)
    connection.close()
    wait_until(lambda: server.metric(ADDING) == 0)
    for entry in listed(ann)[1:]:
        assert ann.get(f"/v1/documents/{entry['id']}/text").json()["text"] == text
    found = ann.post("/v1/search", json={"question": "Which ferry leaves pier 77?"}).json()["passages"]
    assert {one["document"]["source"] for one in found} <= {one["source"] for one in listed(ann)}
    short = "\n\n".join(text.split("\n\n")[:80])
    told = added(upload(ann, "ferries.txt", short.encode()))
    assert ann.get(f"/v1/documents/{told['id']}/text").json()["text"] == short
    found = ann.post("/v1/search", json={"question": "Which ferry leaves pier 77?"}).json()["passages"]
    assert "pier 77" in found[0]["text"]


def test_what_is_there_is_read_while_documents_are_added(server: Server, ann: Client) -> None:
    """The list, a text and a question do not wait for documents that take long."""
    text = "\n\n".join(f"Ferry {number} to Skerry leaves pier {number} at nine." for number in range(1500))
    names = ("one.txt", "two.txt", "three.txt")

    def upload_alone(name: str) -> None:
        with server.client(ann.key) as client:
            added(upload(client, name, text.encode()))

    with ThreadPoolExecutor(3) as pool:
        adding = pool.map(upload_alone, names)
        wait_until(lambda: server.metric(ADDING) == 3)
        article = listed(ann)[0]["id"]
        assert ann.get(f"/v1/documents/{article}/text").status_code == 200
        assert ann.post("/v1/ask", json={"question": "Who is Mao Ning?"}).json()["status"] == "answered"
        assert server.metric(ADDING) > 0
        list(adding)  # raises what failed
    assert sorted(sources(ann)) == sorted(f"upload/{name}" for name in names)


def _named(client: httpx.Client, name: str) -> httpx.Response:
    """The upload of a file with exactly this name: clients would leave out what is odd, or what is empty."""
    text = f"The ferry called {len(name)} {name.encode().hex()[:40]} leaves at nine."
    quoted = name.replace("\\", "\\\\").replace('"', "%22")
    return client.post("/v1/documents", content=form(quoted, text), headers={"Content-Type": FORM})


def test_an_adding_tells_how_far_it_is(ann: Client) -> None:
    """In passages, event by event; then what was added, or why nothing was."""
    events = {"Accept": "text/event-stream"}
    text = "\n\n".join(f"The ferry number {n} to Tiree leaves Oban at {n} o'clock. " * 5 for n in range(400))
    sent = ann.post("/v1/documents", json={"title": "Ferries", "text": text}, headers=events)
    assert sent.headers["content-type"].startswith("text/event-stream")
    told = [one.split("\n") for one in sent.text.strip().split("\n\n")]
    shares = [json.loads(data.removeprefix("data: ")) for name, data in told if name == "event: progress"]
    assert [one["done"] for one in shares] == sorted({one["done"] for one in shares})
    assert told[-1][0] == "event: added"
    added = json.loads(told[-1][1].removeprefix("data: "))
    assert shares and shares[-1]["total"] == added["passages"]
    assert ann.get(f"/v1/documents/{added['id']}").json()["title"] == "Ferries"
    broken = ann.post("/v1/documents", files={"file": ("broken.pdf", b"%PDF-1.7 of no kind")}, headers=events).text
    assert broken.startswith("event: error\n")
    assert "damaged" in broken
