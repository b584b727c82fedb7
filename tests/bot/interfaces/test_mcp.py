"""`footnote mcp`, asked by the protocol's own client: over standard input and output, and by HTTP on loopback."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters
from patience import CEILING, wait_until

from retrieval.loaders.loading import load_path

_COMMAND = [sys.executable, "-m", "bot", "mcp"]
_ARTICLE = "china-russia-diplomatic-ties.txt"


def _stdio(folder: Path) -> StdioServerParameters:
    arguments = [*_COMMAND[1:], "--data-dir", str(folder)]
    return StdioServerParameters(command=_COMMAND[0], args=arguments, cwd=str(Path.cwd()))


def _talk(server: Any, talk: Callable[[Client], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Client(server) as client:
            return await talk(client)

    return asyncio.run(asyncio.wait_for(run(), CEILING))


@contextmanager
def _by_http(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*_COMMAND, "--http", "--port", str(port), "--data-dir", str(folder)])
    try:
        wait_until(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(CEILING)


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


async def _uses(client: Client) -> None:
    """Ask, then read the very words that were cited, search, and list."""
    asked = await client.call_tool("ask", {"question": "Who is Mao Ning?"})
    answer = asked.structured_content
    assert answer is not None
    assert answer["status"] == "answered"
    (cited,) = answer["citations"]
    shown = asked.content[0].text
    assert f"characters {cited['start']}–{cited['end']}" in shown
    assert cited["quote"] is None  # it is the sentence that is said

    place = {"document": cited["document"], "start": cited["start"], "end": cited["end"]}
    _, words = (await client.call_tool("read", place)).content
    assert f"{words.text} [1]" == answer["text"]
    assert shown.count(words.text) == 1

    found = await client.call_tool("search", {"query": "dual-use items", "limit": 2})
    text = load_path(Path("seeds") / _ARTICLE).text
    passages = found.content[0].text.split("\n\nChina and Russia")
    assert found.structured_content is None
    assert len(passages) == 2
    assert all(one.partition("\n")[2] in text for one in passages)

    listed = await client.call_tool("documents", {})
    assert [one["id"] for one in listed.structured_content["documents"]] == [place["document"]]
    (resource,) = (await client.list_resources()).resources
    assert (await client.read_resource(resource.uri)).contents[0].text == text


@pytest.mark.parametrize("way", ["standard input and output", "HTTP"])
def test_an_assistant_asks_reads_searches_and_lists(way: str, tmp_path: Path) -> None:
    """Both ways give answers whose spans, read by the tool, are the quotes."""
    if way == "HTTP":
        with _by_http(tmp_path) as address:
            _talk(address, _uses)
    else:
        _talk(_stdio(tmp_path), _uses)


def test_what_cannot_be_had_is_told_in_a_line(tmp_path: Path) -> None:
    """Unknown documents, spans beyond the end and empty questions are errors that say what to do; nothing ends."""

    async def talk(client: Client) -> None:
        for tool, arguments, said in (
            ("read", {"document": "unknown"}, "`documents` lists"),
            ("read", {"document": "../../etc/passwd"}, "`documents` lists"),
            ("ask", {"question": "Who?", "documents": ["unknown"]}, "`documents` lists"),
            ("ask", {"question": "   "}, "The question is empty."),
            ("search", {"query": "x" * 5000}, "at most 4000 characters"),
            ("ask", {"question": "Who is Mao Ning?", "document": "one"}, "document"),
            ("ask", {"question": "Who is Mao Ning?", "documents": []}, "at least 1"),
        ):
            result = await client.call_tool(tool, arguments)
            assert result.is_error
            assert said in result.content[0].text
            assert "Traceback" not in result.content[0].text
        (document,) = (await client.call_tool("documents", {})).structured_content["documents"]
        beyond = await client.call_tool("read", {"document": document["id"], "start": 10_000_000})
        assert beyond.is_error
        refused = await client.call_tool("ask", {"question": "When was the Eiffel Tower built?"})
        assert refused.structured_content["status"] == "not_in_documents"
        said, hint, *nearest = refused.content[0].text.split("\n\n")
        assert (said, hint) == (
            "The text does not say.",
            "These passages came nearest, and may be about something else:",
        )
        quoted = [one["quote"] for one in refused.structured_content["related"]]
        assert quoted == [one.partition(": ")[2] for one in nearest]

    _talk(_stdio(tmp_path), talk)


def test_a_long_document_is_read_by_pages(tmp_path: Path) -> None:
    """Each page says where the next one begins; together they are the text, and no word is said twice."""
    book = tmp_path / "book.txt"
    book.write_text("".join(f"Line {number} of the book on lamps.\n" for number in range(400)))

    async def talk(client: Client) -> None:
        added = await client.call_tool("add", {"source": str(book)})
        document = added.content[0].text.split()[1]
        pages, start = list[str](), 0
        while True:
            head, words = (await client.call_tool("read", {"document": document, "start": start})).content
            pages.append(words.text)
            assert len(words.text) <= 4000
            if "goes on at" not in head.text:
                break
            start = int(head.text.rpartition(" ")[2].rstrip(":"))
        assert "".join(pages) == book.read_text()
        gone = await client.call_tool("add", {"source": str(tmp_path / "nothing.txt")})
        assert "does not exist" in gone.content[0].text

    arguments = [*_COMMAND[1:], "--write", "--data-dir", str(tmp_path / "data")]
    _talk(StdioServerParameters(command=_COMMAND[0], args=arguments, cwd=str(Path.cwd())), talk)


def test_tools_say_what_they_do(tmp_path: Path) -> None:
    """Which only read, and what `ask` and `documents` give; nothing adds where that was not asked for."""

    async def talk(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {name: tool.annotations.read_only_hint for name, tool in tools.items() if tool.annotations} == {
            "ask": False,
            "search": True,
            "read": True,
            "documents": True,
        }
        assert {name for name, tool in tools.items() if tool.output_schema} == {"ask", "documents"}
        assert all(tool.title for tool in tools.values())

    _talk(_stdio(tmp_path), talk)


def test_only_the_users_own_documents_are_read(tmp_path: Path, open_footnote: Callable[..., Any]) -> None:
    """What a chat or a key added is not there: not listed, not found, not read by its id."""
    bot = open_footnote(tmp_path / "library")
    secret = tmp_path / "secret.txt"
    secret.write_text("The safe opens with the number 4711, says Ms Tarbert.")
    theirs = bot.library.add(load_path(secret), "chat:7").id
    bot.close()

    async def talk(client: Client) -> None:
        listed = await client.call_tool("documents", {})
        assert theirs not in f"{listed.structured_content} {(await client.list_resources()).resources}"
        with pytest.raises(Exception, match="no document"):
            await client.read_resource(f"footnote://documents/{theirs}")
        assert (await client.call_tool("read", {"document": theirs})).is_error
        for tool, name in (("ask", "question"), ("search", "query")):
            said = await client.call_tool(tool, {name: "Which number opens the safe of Ms Tarbert?"})
            assert "4711" not in f"{said.structured_content} {said.content}"

    _talk(_stdio(tmp_path / "library"), talk)


def test_pages_of_other_sites_reach_nothing(tmp_path: Path) -> None:
    """A page that a browser shows may send requests to loopback under its own name: they are refused."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepted = {"Accept": "application/json, text/event-stream"}
    with _by_http(tmp_path) as address:
        foreign = httpx.post(address, json=call, headers={**accepted, "Host": "evil.example"})
        assert foreign.status_code in (403, 421)
        page = httpx.post(address, json=call, headers={**accepted, "Origin": "https://evil.example"})
        assert page.status_code == 403
