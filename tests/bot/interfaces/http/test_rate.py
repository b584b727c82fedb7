"""How often a key may ask, and what is told to whoever has none: both before anything of the body is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from patience import CEILING
from server import Server, Starter, sent, status_of

from bot.interfaces.rate_limit import RateLimit
from tests.conftest import Clock

pytestmark = pytest.mark.usefixtures("without_reader")

KEYS = "ann:ann-first-secret,ann:ann-second-secret,bob:bob-first-secret"
ANN, ANN_TOO, BOB = "ann-first-secret", "ann-second-secret", "bob-first-secret"


def test_a_name_has_so_many_requests_a_minute(clock: Clock) -> None:
    """All at once if need be; then each after its share of the minute; a rest gives no more than a minute's."""
    rate = RateLimit(30, clock)
    assert [rate.take("ann") for _ in range(30)] == [0] * 30
    assert rate.take("ann") == pytest.approx(2.0)
    assert rate.take("ann") == pytest.approx(2.0)  # what was refused is not counted
    assert rate.take("bob") == 0
    clock.at += 1.0
    assert rate.take("ann") == pytest.approx(1.0)
    clock.at += 1.0
    assert rate.take("ann") == 0
    assert rate.take("ann") > 0
    clock.at += 3600
    assert [rate.take("ann") for _ in range(30)] == [0] * 30
    assert rate.take("ann") > 0


def test_a_clock_that_is_set_back_keeps_nobody_waiting() -> None:
    """Where requests are timed by a clock that is set back a day, a name has its share again within the minute."""
    rate, at = RateLimit(30), 1_800_000_000.0
    assert [rate.take("ann", at) for _ in range(30)] == [0] * 30
    assert rate.take("ann", at - 200) == pytest.approx(2.0)  # told late: no debt, and no gift
    at -= 24 * 3600
    assert rate.take("ann", at) == pytest.approx(2.0)
    assert rate.take("ann", at + 2.0) == 0
    assert [rate.take("ann", at + 62.0) for _ in range(30)] == [0] * 30


def test_too_many_requests_are_told_when_to_come_again(serve: Starter) -> None:
    """The first one too many is 429 with Retry-After; after that time the next is answered. Secrets share a name's."""
    server = serve(FOOTNOTE_API_KEYS=KEYS, FOOTNOTE_REQUESTS_A_MINUTE="30")
    with server.client(ANN) as ann, server.client(ANN_TOO) as too, server.client(BOB) as bob:
        taken = 0
        while (refused := ann.get("/v1/documents")).status_code == 200:
            taken += 1
        assert taken >= 30 and refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        problem = refused.json()
        assert problem["type"] == "/problems/too-many-requests"
        wait = int(refused.headers["retry-after"])
        assert 1 <= wait <= 2
        assert f"Wait {wait} s." in problem["detail"]
        assert too.get("/v1/documents").status_code == 429
        assert bob.get("/v1/documents").status_code == 200
        assert ann.get("/readyz").status_code == 200
        time.sleep(wait)
        assert ann.get("/v1/documents").status_code == 200


def test_a_flood_of_one_key_leaves_the_others_alone(serve: Starter) -> None:
    """While one key, and whoever has none, ask as fast as they can, another is answered every time."""
    server = serve(FOOTNOTE_API_KEYS=KEYS, FOOTNOTE_REQUESTS_A_MINUTE="60")
    ended = threading.Event()
    statuses: set[int] = set()

    def flood(key: str) -> None:
        with server.client(key) as client:
            while not ended.is_set():
                statuses.add(client.post("/v1/search", json={"question": "Who is Mao Ning?"}).status_code)

    threads = [threading.Thread(target=flood, args=(key,)) for key in (ANN, ANN, "no such key")]
    for thread in threads:
        thread.start()
    try:
        with server.client(BOB) as bob:
            while not {200, 401, 429} <= statuses:
                time.sleep(0.01)
            answers = [bob.post("/v1/search", json={"question": "Who is Mao Ning?"}) for _ in range(40)]
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert {one.status_code for one in answers} == {200}
    assert statuses == {200, 401, 429}


@pytest.mark.parametrize(
    "header",
    [
        *(
            None,
            "",
            "Bearer",
            "Bearer wrong",
            "Bearer ann:ann-first-secret",
            "Bearer ann-first-secret bob-first-secret",
            "ann-first-secret",
        ),
        *("Basic YW5uOmFubi1zZWNyZXQ=", "Bearer \xff\xfe", f"Bearer {'x' * 8000}"),
    ],
)
def test_without_a_key_nothing_is_told(serving: Server, header: str | None) -> None:
    """401 with WWW-Authenticate, for every path below /v1/, those that do not exist included, in the same words."""
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    with httpx.Client(base_url=serving.url, timeout=CEILING) as client:
        told = [
            client.request(method, path, headers=headers, content=b"{")
            for method, path in (
                ("POST", "/v1/ask"),
                ("POST", "/v1/documents"),
                ("GET", "/v1/documents/000000000000"),
                ("DELETE", "/v1/conversations/friday"),
                ("PUT", "/v1/nothing"),
            )
        ]
    for response in told:
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["type"] == "/problems/unauthorized"
        assert "secret" not in response.text.replace("SECRET", "")
    assert len({response.json()["detail"] for response in told}) == 1


def test_the_scheme_is_read_in_any_case(serving: Server) -> None:
    """Bearer, bearer and BEARER are one."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        response = httpx.get(f"{serving.url}/v1/documents", headers={"Authorization": f"{scheme} {ANN}"})
        assert response.status_code == 200


def test_who_may_not_ask_is_told_before_the_body(serve: Starter) -> None:
    """The response is there while nothing of a body was sent, and the client was not told to go on with it."""
    server = serve(FOOTNOTE_API_KEYS=KEYS, FOOTNOTE_REQUESTS_A_MINUTE="1")
    with server.client(ANN) as client:
        client.get("/v1/documents")
    for path in ("/v1/ask", "/v1/documents"):
        for key, refusal in (("wrong", 401), (ANN, 429)):
            announced = "Expect: 100-continue", "Content-Type: application/json", "Content-Length: 1000000"
            assert status_of(sent(server, f"POST {path}", f"Authorization: Bearer {key}", *announced)) == refusal, path


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that no test here changes."""
    server = Server(tmp_path_factory.mktemp("server") / "data", FOOTNOTE_API_KEYS=KEYS)
    yield server.ready()
    server.stop()
