"""Many clients at once: questions a second, their latency, errors, and the server's memory before and after.

    python -m tests.benchmarks.load [TEXTS.json] [--questions 10000] [--clients 50] [--servers] [--processes N]

TEXTS.json holds `paragraphs`, of which a library is made, and `questions`; without it the article of seeds/ is asked
about. The server is a real `footnote serve` process, the clients are httpx's on loopback, in this process: they share
the cores with the server. Each client asks, waits for the whole answer, and asks again. With `--processes` there are N
servers on one library in PostgreSQL and Chroma, each bound to a core of its own, and every client asks one of them.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from server import Server

for _folder in ("tests", "tests/bot/interfaces/http"):  # where the tests have their servers
    sys.path.insert(0, str(Path(__file__).parents[2] / _folder))

_PER_DOCUMENT = 40  # paragraphs
_WARM_UP = 200  # questions
_ABOUT = "Mao Ning,Blinken,Yellen,Beijing,Moscow,Brussels,Ukraine,sanctions,trade,dual-use items,banks,NATO".split(",")
_ASKED = ("Who or what is {}?", "What is said of {}?", "Why does {} matter?", "Where does {} come in?")
_QUESTIONS = [form.format(one) for one in _ABOUT for form in _ASKED]


def main() -> None:
    """Run one measurement and print it as JSON."""
    from server import Server

    parser = argparse.ArgumentParser()
    parser.add_argument("texts", nargs="?", type=Path)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--servers", action="store_true")
    parser.add_argument("--processes", type=int, default=0)
    chosen = parser.parse_args()
    questions = _QUESTIONS
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="load")))
        if chosen.servers or chosen.processes:
            from servers import Chroma, Postgres

            postgres, chroma = Postgres(), Chroma()
            ending.callback(postgres.stop)
            ending.callback(chroma.stop)
            os.environ["FOOTNOTE_DATABASE_URL"] = postgres.empty_database()
            os.environ["FOOTNOTE_CHROMA_URL"] = chroma.url
        if chosen.texts is not None:
            texts = json.loads(chosen.texts.read_text("utf-8"))
            questions = texts["questions"]
            _add(texts["paragraphs"], folder)
        servers = []
        for core in range(max(1, chosen.processes)):
            server = Server(folder / "data", FOOTNOTE_REQUESTS_A_MINUTE="1000000", FOOTNOTE_LOG_LEVEL="warning")
            ending.callback(server.stop)
            if chosen.processes:
                os.sched_setaffinity(server.process.pid, {core})
            server.ready()
            servers.append(server)
        asyncio.run(_load(servers, questions, _WARM_UP, chosen.clients))
        before = [_memory(server.process.pid) for server in servers]
        figures = asyncio.run(_load(servers, questions, chosen.questions, chosen.clients))
        figures |= {"memory_before_mb": before, "memory_after_mb": [_memory(one.process.pid) for one in servers]}
        figures |= {"on": "servers" if chosen.servers or chosen.processes else "files"}
        figures |= {"cores": os.cpu_count(), "clients": chosen.clients, "processes": chosen.processes}
        print(json.dumps(figures, indent=2))


def _add(paragraphs: list[str], folder: Path) -> None:
    documents = folder / "documents"
    documents.mkdir()
    for number, first in enumerate(range(0, len(paragraphs), _PER_DOCUMENT)):
        text = "\n\n".join(paragraphs[first : first + _PER_DOCUMENT])
        (documents / f"{number}.txt").write_text(text, "utf-8")
    environment = {**os.environ, "FOOTNOTE_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "bot", "add", "--quiet", str(documents)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


async def _load(servers: list[Server], questions: list[str], count: int, clients: int) -> dict[str, Any]:
    asked = itertools.islice(itertools.cycle(questions), count)
    seconds: list[float] = []
    outcomes: Counter[str] = Counter()

    async def ask(client: httpx.AsyncClient, server: Server) -> None:
        for question in asked:
            began = time.perf_counter()
            try:
                response = await client.post(f"{server.url}/v1/ask", json={"question": question})
                outcomes[str(response.status_code)] += 1
            except httpx.HTTPError as error:
                outcomes[type(error).__name__] += 1
            seconds.append(time.perf_counter() - began)

    async with httpx.AsyncClient(timeout=60) as client:
        began = time.perf_counter()
        await asyncio.gather(*(ask(client, servers[number % len(servers)]) for number in range(clients)))
        took = time.perf_counter() - began
    cuts = statistics.quantiles(seconds, n=100)
    return {
        "questions": count,
        "questions_a_second": round(count / took, 1),
        "p50_ms": round(1000 * cuts[49]),
        "p95_ms": round(1000 * cuts[94]),
        "p99_ms": round(1000 * cuts[98]),
        "errors": count - outcomes["200"],
        "outcomes": outcomes,
    }


def _memory(process: int) -> int:
    """MB that a process holds."""
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1000)


if __name__ == "__main__":
    main()
