"""POST /webhooks/telegram: an update is kept, and acknowledged once it is. `footnote telegram` handles it."""

from __future__ import annotations

import hmac
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

from bot.interfaces.http.problems import Problem, documented, not_found
from bot.interfaces.http.service import Serving
from bot.interfaces.telegram.api.receiving import LARGEST_ID, WEBHOOK_PATH, chat_of, id_of, secret_of

router = APIRouter(tags=["webhooks"])

_EXAMPLE = {"update_id": 4711, "message": {"message_id": 1, "chat": {"id": 5, "type": "private"}, "text": "Hello"}}
_UPDATE = {
    "type": "object",
    "properties": {"update_id": {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}},
    "required": ["update_id"],
    "examples": [_EXAMPLE],
}


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_secret = APIKeyHeader(
    name="X-Telegram-Bot-Api-Secret-Token",
    scheme_name="Telegram",
    description="The secret that `footnote telegram` agreed on with Telegram.",
    auto_error=False,
)


@router.post(
    WEBHOOK_PATH,
    responses={
        200: {"content": {"application/json": {"example": {}}}},
        **documented(400, 401, 404, 408, 413, 422, 503),
    },
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _UPDATE}}}},
)
async def telegram_webhook(request: Request, service: Serving, secret: Annotated[str | None, Depends(_secret)]) -> Any:
    """Keep an update of the bot whose token is set. Telegram sends an update until it has been kept."""
    token = service.bot.settings.telegram_token
    if not token:
        raise not_found("Telegram bot", "Set FOOTNOTE_TELEGRAM_TOKEN to have one.")
    if not hmac.compare_digest((secret or "").encode("latin-1"), secret_of(token).encode()):
        raise Problem(401, "unauthorized", "The secret is not the one that was agreed on with Telegram.")
    try:
        update = json.loads(await request.body(), parse_constant=_no_json)
    except (ValueError, RecursionError):
        raise Problem(400, "not-json", "The body is no JSON. Send an Update of the Bot API.") from None
    identifier = id_of(update) if isinstance(update, dict) else None
    if identifier is None:
        raise Problem(422, "invalid", "The body has no update_id. Send an Update of the Bot API.")
    await service.turns.run(request, lambda _: service.bot.inbox.receive([(identifier, chat_of(update), update)]))
    return JSONResponse({})
