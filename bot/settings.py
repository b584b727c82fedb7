"""Every setting, read once: the environment (`FOOTNOTE_…`), then `.env` in the working folder, then the defaults."""

from __future__ import annotations

import io
import logging
import os
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.errors import FootnoteError

_PREFIX = "FOOTNOTE_"
_ADDRESSES = {
    "telegram_api_url": "http://HOST:PORT of a Bot API server",
    "public_url": "https://HOST, with a path in front of which Footnote is found, if any",
    "chroma_url": "http://HOST:PORT",
    "model_base_url": "http://HOST:PORT/v1 of a server that speaks the provider's protocol",
}


class SettingsError(FootnoteError):
    """A setting is unknown or malformed; the message is one line that names it."""


class Settings(BaseSettings):
    """The settings; `.env.example` explains each."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(default_factory=lambda: user_data_path("footnote", appauthor=False))
    embedding: str = "all-MiniLM-L6-v2"
    reader: Literal["on", "off"] = "on"
    strictness: Literal["strict", "balanced", "helpful"] = "balanced"
    keep_originals: Literal["on", "off"] = "on"
    database_url: str = Field(default="", repr=False)
    chroma_url: str = ""
    outbound_allowed: str = ""
    fetch_allowed: str = ""
    api_keys: str = Field(default="", repr=False)
    webhook_secrets: str = Field(default="", repr=False)
    public_url: str = ""
    model: str = ""
    model_base_url: str = ""
    model_key: str = Field(default="", repr=False)
    model_seconds: float = Field(default=60.0, gt=0, le=600)
    model_tokens_a_day: int = Field(default=0, ge=0, le=1_000_000_000_000)
    model_window: int = Field(default=4096, ge=1024, le=10_000_000)
    model_price: str = ""
    link_days: int = Field(default=0, ge=0, le=3650)
    cors_origins: str = ""
    requests_a_minute: int = Field(default=600, ge=1, le=1_000_000)
    most_documents: int = Field(default=1000, ge=1, le=1_000_000_000)
    most_characters: int = Field(default=50_000_000, ge=1, le=1_000_000_000_000)
    telegram_token: str = Field(default="", repr=False)
    telegram_allowed: str = ""
    telegram_api_url: str = "https://api.telegram.org"
    telegram_questions_a_minute: int = Field(default=20, ge=1, le=1_000_000)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_questions: bool = False

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        if not value:
            return value
        form = "it must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        if not value.startswith(("postgresql://", "postgres://")):
            raise ValueError(form)
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        # What follows is read by SQLAlchemy, which knows only the longer name.
        value = value.replace("postgres://", "postgresql://", 1) if value.startswith("postgres://") else value
        try:
            address = make_url(value)
        except (ArgumentError, ValueError):
            raise ValueError(f"{form}, with a number for the port") from None
        # Host and database are named in messages: the end of a password must not pass for either.
        if "@" in f"{address.host}{address.database}":
            raise ValueError(f"{form}, with @ in a name or password written as %40 and / as %2F")
        if address.port is not None and not 0 < address.port < 65536:
            raise ValueError(f"{form}, with a port from 1 to 65535")
        return value

    @field_validator("outbound_allowed", "fetch_allowed", "api_keys", "webhook_secrets")
    @classmethod
    def _list(cls, value: str, info: ValidationInfo) -> str:
        if value:
            from bot.auth import Keys, Secrets
            from retrieval.net.ssrf import AllowedHosts

            parse = {"api_keys": Keys.parse, "webhook_secrets": Secrets.parse}
            parse.get(str(info.field_name), AllowedHosts.parse)(value)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for one in (part.strip() for part in value.split(",")):
            if one and one != "*" and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", one):
                raise ValueError("it must be origins such as https://app.example.org, separated by commas, or *")
        return value

    @field_validator("telegram_token")
    @classmethod
    def _token(cls, value: str) -> str:
        if value and not re.fullmatch(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}", value):
            raise ValueError("it must be the token that @BotFather gave: NUMBER:LETTERS")
        return value

    @field_validator("telegram_allowed")
    @classmethod
    def _allowed(cls, value: str) -> str:
        for one in value.split(","):
            if one.strip() and not re.fullmatch(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64}", one.strip()):
                raise ValueError("it must be ids of people or chats, or @names, separated by commas")
        return value

    @field_validator("model")
    @classmethod
    def _model(cls, value: str) -> str:
        if value and not re.fullmatch(r"[a-z0-9_]{1,40}:\S{1,200}", value):
            raise ValueError("it must be provider:name, such as openai:gpt-5-mini or ollama:qwen3")
        return value

    @field_validator("model_key")
    @classmethod
    def _key(cls, value: str) -> str:
        return value.strip()

    @field_validator("model_price")
    @classmethod
    def _price(cls, value: str) -> str:
        if value and not re.fullmatch(
            r"[0-9]{1,6}(?:\.[0-9]{1,6})?,[0-9]{1,6}(?:\.[0-9]{1,6})?", value.replace(" ", "")
        ):
            raise ValueError("it must be what a million tokens cost, read and written: 0.15,0.60")
        return value

    def money(self, read: int, written: int) -> str | None:
        """What some tokens of the chat model cost; None where no price is set."""
        if not self.model_price:
            return None
        prices = [float(part) for part in self.model_price.split(",")]
        return f"{(read * prices[0] + written * prices[1]) / 1_000_000:.4f}"

    @field_validator("telegram_api_url", "public_url", "chroma_url", "model_base_url")
    @classmethod
    def _address(cls, value: str, info: ValidationInfo) -> str:
        try:
            address = urlsplit(value)
            well = address.scheme in ("http", "https") and address.hostname and address.port != 0
        except ValueError:
            well = False
        well = well and not (address.query or address.fragment or address.username is not None)
        if info.field_name == "chroma_url":
            well = well and not address.path.strip("/")
        if value and not well:
            raise ValueError(f"it must be {_ADDRESSES[str(info.field_name)]}")
        return value.rstrip("/")


def _named_in(file: Path) -> set[str]:
    """The names that a `.env` file sets. Raises SettingsError when it, or a line on Footnote in it, is malformed."""
    from dotenv.parser import parse_stream

    if not file.exists():
        return set()
    if not file.is_file():
        raise SettingsError(f"{file} is no regular file. Remove it, or work in another folder.")
    try:
        bindings = list(parse_stream(io.StringIO(file.read_text("utf-8"))))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read ({error}). Save it as UTF-8.") from None
    for binding in bindings:
        if binding.error and _PREFIX in binding.original.string.upper():
            raise SettingsError(f"{file}, line {binding.original.line} is malformed. Write {_PREFIX}NAME=value.")
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # lines about other programs are theirs to mend
    return {binding.key for binding in bindings if binding.key}


def read_settings(data_dir: Path | None = None, model: str | None = None) -> Settings:
    """The settings, `data_dir` and `model` in the place of those set. Raises SettingsError."""
    known = {f"{_PREFIX}{name}".upper() for name in Settings.model_fields}
    for name in sorted({*os.environ, *_named_in(Path(".env"))}):
        if name.upper().startswith(_PREFIX) and name.upper() not in known:
            raise SettingsError(f"There is no setting {name}. The settings are {', '.join(sorted(known))}.")
    try:
        given: dict[str, Any] = {"data_dir": data_dir, "model": model}
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        why = first["msg"].removeprefix("Value error, ")  # pydantic's own words, which say nothing
        raise SettingsError(f"The setting {name} cannot be used: {why}.") from None
    try:
        folder = settings.data_dir.expanduser()
    except RuntimeError:
        raise SettingsError(
            f"The data folder {settings.data_dir} lies in the home of a user that is unknown."
        ) from None
    return settings.model_copy(update={"data_dir": folder.absolute()})
