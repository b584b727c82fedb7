"""The page at /docs: whole without a network and without a key, also below a path, and shown by a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from patience import CEILING
from server import Server

PATH = "/below/a-path"
BROWSER = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"),
    *("--virtual-time-budget=20000", "--dump-dom"),
]


@contextmanager
def below_a_path(server: Server) -> Iterator[str]:
    """The URL of a proxy that serves `server` below PATH alone, as one that FOOTNOTE_PUBLIC_URL names may do."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{PATH}/"):
                self.send_error(404)
                return
            response = httpx.get(f"{server.url}{self.path.removeprefix(PATH)}", timeout=CEILING)
            self.send_response(response.status_code)
            for name in ("content-type", "content-security-policy"):
                if name in response.headers:
                    self.send_header(name, response.headers[name])
            self.end_headers()
            self.wfile.write(response.content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_port}{PATH}"
        finally:
            proxy.shutdown()
            thread.join()


def test_the_page_is_whole_without_a_key_and_below_a_path(server: Server) -> None:
    """Page, document and all that the page names are there, for nobody in particular, where a proxy adds a path."""
    with below_a_path(server) as base:
        page = httpx.get(f"{base}/docs")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        named = {one for one in re.findall(r'(?:src|href)="([^"]+)"', page.text) if not one.startswith("data:")}
        assert named == {"openapi.json", "docs/page.js", "docs/swagger-ui-bundle.js", "docs/swagger-ui.css"}
        for one in named:
            response = httpx.get(urljoin(f"{base}/docs", one))
            assert response.status_code == 200, one
            assert len(response.content) > 100, one
        assert httpx.get(f"{base}/openapi.json").json()["info"]["title"] == "Footnote"


def test_the_page_may_load_nothing_from_elsewhere(server: Server) -> None:
    """Neither the page nor its script names another place, and the policy forbids it, framing and inline code."""
    with server.client() as client:
        page = client.get("/docs")
        script = client.get("/docs/page.js")
        assert "http" not in page.text + script.text
        policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
        assert policy.pop("img-src") == "data:"
        assert set(policy.values()) == {"'none'", "'self'"}
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        for path in ("/docs/page.js", "/docs/swagger-ui-bundle.js"):
            assert client.get(path).headers["content-type"].startswith("text/javascript")
        assert client.get("/docs/swagger-ui.css").headers["content-type"].startswith("text/css")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs the browser Chromium: apt-get install chromium")
def test_a_browser_shows_every_route(server: Server, tmp_path: Path) -> None:
    """Chromium shows each route of the document, an opened one with what it takes, and complains of nothing."""
    described = httpx.get(f"{server.url}/openapi.json").json()
    routes = {*described["paths"], *described["webhooks"]}
    with below_a_path(server) as base:
        shown = subprocess.run(
            ["chromium", *BROWSER, f"--user-data-dir={tmp_path}", f"{base}/docs#/questions/ask_v1_ask_post"],
            capture_output=True,
            encoding="utf-8",
            timeout=CEILING,
        )
    complaints = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    assert [one for one in complaints if "deep link" not in one] == []  # Swagger UI's word on names with _ in a link
    assert set(re.findall(r'data-path="([^"]+)"', shown.stdout)) == routes
    assert "Answer a question, with footnotes" in shown.stdout
    assert f'value="{base}"' in shown.stdout
