"""The OpenAPI document: what FastAPI writes of the routes, with problems in the place of its own errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import ConfigDict

from bot.interfaces.http.problems import ProblemDetails

EXAMPLES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
"""By name: the article of seeds/, an answer about it, its words, and what leaves by each protocol."""


def example(value: Any, extra: Literal["allow", "ignore", "forbid"] = "ignore") -> ConfigDict:
    """The configuration of a model with this example; `extra` says what becomes of members that are not known."""
    return ConfigDict(extra=extra, json_schema_extra={"examples": [value]})


def describe(app: FastAPI) -> None:
    """Have `app` give its OpenAPI document in this form."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                webhooks=app.webhooks.routes,
            )
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            schemas["ProblemDetails"] = ProblemDetails.model_json_schema()
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            # FastAPI adds its own to every route with a parameter, also where none can be wrong.
            for operation in (
                one for kind in ("paths", "webhooks") for path in found[kind].values() for one in path.values()
            ):
                if "HTTPValidationError" in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way of extending the document
