"""The outbound guard: where it goes, where it never goes, and what bounds what comes back."""

from __future__ import annotations

import gzip
import socket
import ssl
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
import trustme
from evasions import MALFORMED, NAMED, NUMERIC
from loopback import Names, Site, answer, endlessly, redirect
from patience import CEILING

from retrieval.loaders.loading import MAX_BYTES
from retrieval.net.client import Response
from retrieval.net.guard import MOST_BYTES, MOST_REDIRECTS, Outbound
from retrieval.net.ssrf import AllowedHosts
from retrieval.net.url import OutboundError

HERE = AllowedHosts.parse("127.0.0.1")
REDIRECTS = ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")
SOON = 0.4  # seconds that a request may take where the test waits for the end of them

_connected: list[object] | None = None


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and _connected is not None:
        _connected.append(arguments[1])


sys.addaudithook(_watch)


@pytest.fixture
def connected() -> Iterator[list[object]]:
    """Every address to which this process began to connect during the test."""
    global _connected
    _connected = found = []
    yield found
    _connected = None


def outbound(
    seconds: float = CEILING, most_bytes: int = 1024 * 1024, allowed: AllowedHosts = HERE, **given: object
) -> Outbound:
    """A guard that lets requests to the test's own servers through and resolves nothing."""
    return Outbound(allowed, seconds=seconds, most_bytes=most_bytes, **{"resolve": Names(), **given})


def failure(request: Callable[[], Response]) -> OutboundError:
    """The error of a request that fails, its message a line fit to be shown."""
    with pytest.raises(OutboundError) as caught:
        request()
    line = str(caught.value)
    assert line.isprintable() and len(line) < 500 and "secret" not in line and line[-1] in ".@"
    return caught.value


# ---- What is refused


@pytest.mark.parametrize("address", [*NUMERIC, *NAMED, *MALFORMED])
def test_evasions_touch_neither_network_nor_resolver(address: str, connected: list[object]) -> None:
    """An address that may not be reached is refused with no connection begun and no name asked for."""
    names = Names()
    client = Outbound(resolve=names)
    with pytest.raises(OutboundError) as caught:
        client.get(address)
    with pytest.raises(OutboundError):
        client.post(address, b"{}")
    with pytest.raises(OutboundError):
        client.judge(address)
    assert caught.value.refused and "\n" not in str(caught.value)
    assert connected == [] and names.asked == []


@pytest.mark.parametrize(
    "ip",
    "127.0.0.1 10.0.0.1 169.254.169.254 100.64.0.1 0.0.0.0 ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 fe80::1 fe80::1%lo "
    "fd00:ec2::254 64:ff9b::7f00:1 2002:7f00:1::1 ff02::1 198.18.0.1 ::".split(),
)
def test_a_name_that_leads_inside_is_refused(ip: str, connected: list[object]) -> None:
    """A name is refused when one of its addresses is inner, whatever the others are and wherever it stands."""
    for found in ([ip], ["93.184.216.34", ip], [ip, "93.184.216.34"]):
        error = failure(lambda found=found: Outbound(resolve=Names(inner_example=found)).get("http://inner.example/x"))
        assert error.refused and error.inside.startswith("It leads to ")
        assert str(error) == "http://inner.example/x is not a public address, so it is not reached."
    assert connected == []


def test_a_second_answer_of_the_resolver_is_never_used(new_site: Callable[..., Site]) -> None:
    """A name that is harmless when it is judged and inner afterwards leads to what was judged, asked for once."""
    judged, inner = new_site("127.0.0.2"), new_site("127.0.0.1")
    inner.answers["/"] = judged.answers["/"] = answer(b"here")
    names = Names(turning_example=[["127.0.0.2"], ["127.0.0.1"]])
    client = outbound(allowed=AllowedHosts.parse("127.0.0.2"), resolve=names)
    assert client.get(judged.name("turning.example")).body == b"here"
    assert failure(lambda: client.get(inner.name("turning.example"))).refused
    names.asked.clear()
    assert "cannot be reached" in str(failure(lambda: client.get(inner.name("turning.example"))))
    assert inner.connections == 0 and judged.connections == 1 and names.asked == ["turning.example"]


def test_a_redirect_resolves_and_judges_anew(new_site: Callable[..., Site]) -> None:
    """A redirect to the same name is judged by what the name means then."""
    judged, inner = new_site("127.0.0.2"), new_site("127.0.0.1")
    judged.answers["/"] = redirect(inner.name("turning.example") + "/inner")
    client = outbound(
        allowed=AllowedHosts.parse("127.0.0.2"), resolve=Names(turning_example=[["127.0.0.2"], ["127.0.0.1"]])
    )
    error = failure(lambda: client.get(judged.name("turning.example")))
    assert "leads elsewhere: " in str(error) and "127.0.0.1" not in str(error)
    assert error.inside.startswith("It leads to 127.0.0.1, an address of this machine.")
    assert inner.connections == 0 and judged.connections == 1


@pytest.mark.parametrize(
    "to",
    "http://10.0.0.1/ http://169.254.169.254/latest/meta-data/ http://[::1]/ http://2130706434/ //10.0.0.1/x "
    "http://localhost/ file:///etc/passwd ftp://example.org/ http://me:secret@example.org/ http://[::1/ "
    "javascript:alert(1) http:///x http://metadata.google.internal/ gopher://127.0.0.1/ http://127.0.0.1:25/".split(),
)
def test_redirects_are_judged_like_first_addresses(site: Site, to: str, connected: list[object]) -> None:
    """A redirect to where a first request may not go is refused before anything is connected."""
    site.answers["/"] = redirect(to)
    assert failure(lambda: outbound().get(site.url)).refused
    assert connected == [("127.0.0.1", site.port)]


# ---- What is fetched


def test_a_request_says_what_it_is_and_no_more(site: Site) -> None:
    """The name is the Host, the query is sent, the fragment is not, and the answer comes back whole."""
    site.answers["/a"] = answer("größe".encode(), "Content-Type: text/plain; charset=utf-8", "X-Two: 1", "X-Two: 2")
    response = outbound(resolve=Names(site_example=["127.0.0.1"])).get(
        site.name("site.example") + "/a?q=ü#part", {"X-Mine": "yes"}
    )
    assert response.body.decode() == "größe" and response.status == 200
    assert response.address.url == site.name("site.example") + "/a?q=%C3%BC"
    assert response.headers["content-type"] == "text/plain; charset=utf-8" and response.headers["x-two"] == "1"
    head, body = site.requests[0]
    lines = head.split("\r\n")
    assert lines[0] == "GET /a?q=%C3%BC HTTP/1.1" and body == b""
    sent = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines[1:]}
    assert sent["user-agent"].startswith("Footnote") and sent["host"] == f"site.example:{site.port}"
    assert sent.keys() == {"host", "user-agent", "accept-encoding", "connection", "accept", "x-mine"}


@pytest.mark.parametrize("status", REDIRECTS)
def test_redirects_are_followed(site: Site, status: str) -> None:
    """Each kind of redirect is followed, relative or absolute, and the final address is told."""
    site.answers |= {
        "/a/b": redirect("../c?x=1 2", status),
        "/c": redirect(site.url + "/dü"),
        "/d%C3%BC": answer(b"x"),
    }
    response = outbound().get(site.url + "/a/b")
    assert response.body == b"x" and response.address.url == site.url + "/d%C3%BC"


def test_redirects_end(site: Site) -> None:
    """As many redirects as are allowed are followed and not one more; a loop ends too."""
    for step in range(10):
        site.answers[f"/{step}"] = redirect(f"/{step + 1}")
    site.answers |= {"/10": answer(b"end"), "/loop": redirect("/loop")}
    assert outbound().get(f"{site.url}/{10 - MOST_REDIRECTS}").body == b"end"
    assert "redirects more than 5 times" in str(failure(lambda: outbound().get(f"{site.url}/{9 - MOST_REDIRECTS}")))
    assert "redirects more than 5 times" in str(failure(lambda: outbound().get(f"{site.url}/loop")))


def test_credentials_stay_with_the_first_origin(site: Site, new_site: Callable[..., Site]) -> None:
    """What the caller sends goes to redirects on the same origin, and never to or after another one."""
    other = new_site()
    site.answers |= {"/": redirect("/in"), "/in": redirect(other.url), "/back": answer(b"x")}
    other.answers["/"] = redirect(site.url + "/back")
    outbound().get(site.url, {"Authorization": "Bearer secret"})
    assert ["secret" in head for head, _ in site.requests + other.requests] == [True, True, False, False]


def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve the name anew: none is asked."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, site.url)
    site.answers["/"] = answer(b"x")
    client = outbound(resolve=Names(site_example=["127.0.0.1"]))
    client.get(site.name("site.example"))
    assert site.requests[0][0].startswith("GET / HTTP/1.1")


def test_the_next_address_is_tried(site: Site) -> None:
    """When one address of a name refuses the connection the next one is tried."""
    site.answers["/"] = answer(b"x")
    client = outbound(allowed=AllowedHosts.parse("127.0.0.0/8"), resolve=Names(two_example=["127.0.0.3", "127.0.0.1"]))
    assert client.get(site.name("two.example")).body == b"x"


# ---- What is sent


def test_post_delivers_headers_and_body(site: Site) -> None:
    """A body arrives byte for byte with the caller's headers; of the answer only status and headers are taken."""
    site.answers["/hook"] = answer(b"ignored", "X-Id: 7", status="202 Accepted")
    body = bytes(range(256)) * 2000
    response = outbound().post(
        site.url + "/hook?key=secret", body, {"X-Signature": "v1=abc", "Content-Type": "application/json"}
    )
    assert (response.status, response.headers["x-id"], response.body) == (202, "7", b"")
    head, sent = site.requests[0]
    assert sent == body and head.startswith("POST /hook?key=secret HTTP/1.1") and "x-signature: v1=abc" in head


@pytest.mark.parametrize("status", REDIRECTS)
def test_post_follows_no_redirect(site: Site, status: str) -> None:
    """A redirect is a failed delivery, and what it names is not contacted."""
    site.answers |= {"/": redirect("/other", status), "/other": answer()}
    error = failure(lambda: outbound().post(site.url, b"{}"))
    assert error.status == int(status[:3]) and not error.refused and len(site.requests) == 1


def test_an_endless_answer_to_a_post_does_not_matter(site: Site) -> None:
    """A delivery has succeeded when the status has come, whatever follows."""
    site.answers["/"] = endlessly(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)
    assert outbound().post(site.url, b"{}").status == 200


def test_an_answer_before_the_body_is_read_is_heard(site: Site) -> None:
    """A server that answers and closes without reading a large body is reported by its status."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer(status="413 Too Large"))

        thread = threading.Thread(target=refuse)
        thread.start()
        port = server.getsockname()[1]
        error = failure(lambda: outbound().post(f"http://127.0.0.1:{port}/", b"x" * 5_000_000))
        thread.join()
    assert error.status == 413


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection", "User-Agent"])
def test_headers_of_the_protocol_are_not_the_callers(site: Site, name: str) -> None:
    """A caller cannot change what frames the request."""
    with pytest.raises(ValueError, match="set by the client"):
        outbound().post(site.url, b"", {name: "1"})
    assert site.requests == []


def test_headers_cannot_be_smuggled_in(site: Site) -> None:
    """A line end in a header is refused, and the header not repeated."""
    failure(lambda: outbound().post(site.url, b"", {"X-Token": "secret\r\nX-Other: 1"}))
    failure(lambda: outbound().post(site.url, b"", {"X-Token: secret": "1"}))
    assert site.requests == []


# ---- What fails


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("404 Nope", "answers 404 (Not Found). Check the address."),
        ("401 x", "answers 401 (Unauthorized). It is not open to everyone"),
        ("500 x", "answers 500 (Internal Server Error). Try again later."),
        ("429 x", "answers 429 (Too Many Requests). Try again later."),
        ("599 x", "answers 599. Try again later."),
        ("304 x", "answers 304 (Not Modified). Name the address"),
        ("302 without a location", "answers 302 (Found). Name the address"),
    ],
)
def test_a_status_other_than_success_is_named(site: Site, status: str, words: str) -> None:
    """The status is told with what to do, and the query is not."""
    site.answers["/x"] = answer(status=status)
    error = failure(lambda: outbound().get(site.url + "/x?key=secret"))
    assert str(error).startswith(f"{site.url}/x {words}") and error.status == int(status[:3]) and not error.refused


def test_what_cannot_be_reached_is_named(site: Site) -> None:
    """A closed port, an unknown name and a name without addresses are each one line."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "cannot be reached (connection refused)" in str(failure(lambda: outbound().get(f"http://127.0.0.1:{port}")))
    assert "not found" in str(failure(lambda: outbound().get("http://unknown.example/?secret")))
    assert "not found" in str(failure(lambda: outbound(resolve=Names(no_example=[])).get("http://no.example/")))


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nshort\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nNo colon here\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"+PONG\r\n" * 10,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        endlessly(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100),
    ],
    ids=range(15),
)
def test_what_is_not_sound_http_fails(site: Site, given: bytes) -> None:
    """An answer that is cut off, contradicts itself, has too many headers or is no HTTP is one line."""
    site.answers["/"] = given
    assert "Try again later." in str(failure(lambda: outbound().get(site.url)))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    "given",
    [
        endlessly(b"H", b"", every=0.05),
        endlessly(HEAD, b"X", every=0.02),
        endlessly(HEAD + b"\r\n", b"x", every=0.02),
        endlessly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", every=0.02),
        endlessly(b"HTTP/1.1 100 Continue\r\n\r\n"),
        endlessly(HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b""), every=0.005),
    ],
    ids=["silence", "dripping head", "dripping body", "dripping chunks", "only announcements", "dripping gzip"],
)
def test_time_is_bounded_whatever_drips(site: Site, given: bytes) -> None:
    """However slowly or endlessly the server answers, the request ends when its time is over, and the answer never."""
    site.answers["/"] = given
    assert f"within {SOON} seconds" in str(failure(lambda: outbound(seconds=SOON).get(site.url)))


def test_time_is_bounded_over_redirects(site: Site) -> None:
    """The time is one for all redirects together."""

    def slowly() -> Iterator[bytes]:
        time.sleep(SOON * 0.45)
        yield redirect("/")

    site.answers["/"] = slowly
    assert f"within {SOON} seconds" in str(failure(lambda: outbound(seconds=SOON).get(site.url)))
    assert len(site.requests) <= 3


def test_a_resolver_and_a_handshake_that_hang_are_left(new_site: Callable[..., Site]) -> None:
    """A resolver that does not answer, a server that is silent in TLS, or one that never reads, end by the time."""
    over = threading.Event()

    def hangs(*_: object, **__: object) -> list[object]:
        over.wait(CEILING)
        return []

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for request in (
            lambda: outbound(seconds=SOON, resolve=hangs).get("http://slow.example/"),
            lambda: outbound(seconds=SOON).get(f"https://127.0.0.1:{port}/"),
            lambda: outbound(seconds=SOON).post(f"http://127.0.0.1:{port}/", b"x" * 50_000_000),
        ):
            assert f"within {SOON} seconds" in str(failure(request))
    over.set()


def test_size_is_bounded(site: Site) -> None:
    """A body of the limit passes; one byte more, an endless one and one that says it is larger do not."""
    most = 100_000
    site.answers |= {
        "/most": answer(b"x" * most),
        "/more": answer(b"x" * (most + 1)),
        "/endless": endlessly(HEAD + b"\r\n", b"x" * 50_000),
        "/chunks": endlessly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nxxxxx\r\n" * 1000),
        "/said": HEAD + b"Content-Length: 100001\r\n\r\n",
    }
    client = outbound(most_bytes=most)
    assert len(client.get(site.url + "/most").body) == most
    for path in ("/more", "/endless", "/chunks", "/said"):
        assert "is larger than" in str(failure(lambda path=path: client.get(site.url + path)))
    assert MOST_BYTES == MAX_BYTES


def test_packed_bodies_are_unpacked(site: Site) -> None:
    """The packings that are asked for are undone, also several gzip parts in a row and both kinds of deflate."""
    words = b"The packed words. " * 1000
    raw = zlib.compressobj(wbits=-15)
    site.answers |= {
        "/gzip": answer(gzip.compress(words), "Content-Encoding: gzip"),
        "/x-gzip": answer(gzip.compress(words), "Content-Encoding: X-GZIP"),
        "/parts": answer(gzip.compress(words[:500]) + gzip.compress(words[500:]), "Content-Encoding: gzip"),
        "/after": answer(gzip.compress(words) + b"\0" * 9, "Content-Encoding: gzip"),
        "/zlib": answer(zlib.compress(words), "Content-Encoding: deflate"),
        "/raw": answer(raw.compress(words) + raw.flush(), "Content-Encoding: deflate"),
        "/identity": answer(words, "Content-Encoding: identity"),
    }
    for path in site.answers:
        assert outbound().get(site.url + path).body == words, path


def test_what_is_packed_badly_or_otherwise_fails(site: Site) -> None:
    """A damaged or cut-off body and a packing that was not asked for are one line."""
    packed = gzip.compress(b"words" * 1000)
    site.answers |= {
        "/cut": answer(packed[:-20], "Content-Encoding: gzip"),
        "/damaged": answer(packed[:20] + b"\xff" + packed[21:], "Content-Encoding: gzip"),
        "/plain": answer(b"not packed at all", "Content-Encoding: gzip"),
        "/deflate": answer(b"\xff\xff not packed", "Content-Encoding: deflate"),
        "/br": answer(b"x", "Content-Encoding: br"),
        "/twice": answer(gzip.compress(packed), "Content-Encoding: gzip, gzip"),
    }
    for path in site.answers:
        assert " is compressed" in str(failure(lambda path=path: outbound().get(site.url + path)))


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_bomb_is_stopped_while_it_unpacks(site: Site, packing: str) -> None:
    """A small body that unpacks to 60 MB is refused in memory of the order of the limit."""
    packer = zlib.compressobj(9, wbits=31 if packing == "gzip" else 15)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(60)) + packer.flush()
    site.answers["/"] = answer(bomb, f"Content-Encoding: {packing}")
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        assert "is larger than 1 MiB" in str(failure(lambda: outbound().get(site.url)))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("0", 0, 0),
        (" 120 ", 120, 120),
        ("99999999999999999999", 1e9, 1e12),
        ("{in a minute}", 50, 60),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        *[(none, None, None) for none in ("", "soon", "-5", "1.5", "٣", "Wed, 21 Oct 99999 07:28:00 GMT")],
    ],
)
def test_how_long_to_leave_a_server_alone(site: Site, said: str, least: float | None, most: float | None) -> None:
    """A Retry-After in seconds or as a time is in the error, in seconds from now; what means nothing is not."""
    in_a_minute = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    header = f"Retry-After: {said.replace('{in a minute}', in_a_minute)}".encode()
    site.answers["/"] = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n" + header + b"\r\n\r\n"
    error = failure(lambda: outbound().post(site.url, b"{}"))
    assert error.status == 429
    if least is None or most is None:
        assert error.retry_after is None
    else:
        assert error.retry_after is not None and least <= error.retry_after <= most
    site.answers["/"] = answer(status="503 Service Unavailable")
    assert failure(lambda: outbound().post(site.url, b"{}")).retry_after is None


# ---- TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _secure(authority: trustme.CA, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The contexts of a server with a certificate for `name` and of a client that trusts the authority."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(name).configure_cert(server)
    authority.configure_trust(client)
    return server, client


def test_the_certificate_is_checked_for_the_name(authority: trustme.CA, new_site: Callable[..., Site]) -> None:
    """The connection goes to the judged address, the server is told the name, and its certificate is for the name."""
    server, client = _secure(authority, "right.example")
    told: list[str | None] = []
    server.sni_callback = lambda _, name, __: told.append(name)
    site = new_site(context=server)
    site.answers["/"] = answer(b"secured")
    names = Names(right_example=["127.0.0.1"], wrong_example=["127.0.0.1"])
    guard = outbound(context=client, resolve=names)
    assert guard.get(site.name("right.example")).body == b"secured"
    assert told == ["right.example"] and f"host: right.example:{site.port}" in site.requests[0][0].lower()
    error = str(failure(lambda: guard.get(site.name("wrong.example"))))
    assert "is not trusted" in error and "ostname mismatch" in error
    assert "is not trusted" in str(failure(lambda: guard.get(site.url)))
    assert len(site.requests) == 1


def test_an_unknown_authority_is_not_trusted(authority: trustme.CA, new_site: Callable[..., Site]) -> None:
    """Without a context of one's own the usual authorities are trusted and no other."""
    site = new_site(context=_secure(authority, "right.example")[0])
    guard = outbound(resolve=Names(right_example=["127.0.0.1"]))
    assert "is not trusted" in str(failure(lambda: guard.get(site.name("right.example"))))
    assert site.requests == []


def test_a_secure_address_never_leads_to_an_insecure_one(
    authority: trustme.CA, new_site: Callable[..., Site], site: Site
) -> None:
    """A redirect from https to http is refused, one to https is followed."""
    server, client = _secure(authority, "127.0.0.1")
    secure = new_site(context=server)
    secure.answers |= {"/down": redirect(site.url), "/side": redirect("/x"), "/x": answer(b"x")}
    site.answers |= {"/": answer(b"insecure"), "/up": redirect(secure.url + "/x")}
    guard = outbound(context=client)
    error = failure(lambda: guard.get(secure.url + "/down"))
    assert error.refused and "which is not secure" in str(error) and site.requests == []
    assert guard.get(secure.url + "/side").body == guard.get(site.url + "/up").body == b"x"


def test_plain_http_on_a_secure_port_is_named(site: Site) -> None:
    """A server that does not speak TLS is one line."""
    error = str(failure(lambda: outbound().get(site.url.replace("http:", "https:"))))
    assert error.startswith(f"https://127.0.0.1:{site.port}/ gives no secure connection (")
