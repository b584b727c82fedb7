"""What the server counts: by routes and methods of which there are few, whatever people send."""

from __future__ import annotations

import re

import httpx
from patience import CEILING
from server import Client, Server

LABELS = re.compile(r"^footnote_request[a-z_]+\{(.*)\} ", re.MULTILINE)


def test_what_people_send_is_no_label(server: Server, ann: Client) -> None:
    """Names in paths, unknown paths and unusual methods make no series of their own; a route is a path with its
    parameters by name.
    """
    for number in range(5):
        for path in (f"/v1/conversations/name-{number}/and/more", f"/v1/documents/{number}/text", f"/nothing/{number}"):
            ann.get(path)
        ann.delete(f"/v1/conversations/name-{number}")
    for method in ("PROPFIND", "PURGE", "MKCOL", "M-SEARCH"):
        ann.request(method, "/healthz")
    text = httpx.get(f"{server.url}/metrics", timeout=CEILING).text
    series = [dict(re.findall(r'(\w+)="([^"]*)"', labels)) for labels in LABELS.findall(text)]
    routes = {one["route"] for one in series}
    served = set(httpx.get(f"{server.url}/openapi.json", timeout=CEILING).json()["paths"])
    assert {"/v1/conversations/{name}", "/v1/documents/{id}/text", "none"} <= routes
    assert routes <= served | {"none", "/", "/docs", "/openapi.json", "/docs/page.js", "/docs/swagger-ui-bundle.js"} | {
        *("/docs/swagger-ui.css", "/ask", "/read/{id}", "/read/{id}/page-{number}.png", "/session", "/session/end"),
        *("/static/page.css", "/static/page.js"),
    }
    methods = {one["method"] for one in series if "method" in one}
    assert "other" in methods
    assert methods <= {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "other"}
