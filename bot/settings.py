"""Every setting, read once: the environment (`FOOTNOTE_…`), then `.env` in the working folder, then the defaults."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

_PREFIX = "FOOTNOTE_"


class SettingsError(Exception):
    """A setting is unknown or malformed; the message is one line that names it."""


def _default_data_dir() -> Path:
    from platformdirs import user_data_path

    return user_data_path("footnote", appauthor=False)


class Settings(BaseSettings):
    """The settings; `.env.example` explains each."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(default_factory=_default_data_dir)
    embedding: str = "all-MiniLM-L6-v2"


def read_settings(data_dir: Path | None = None) -> Settings:
    """The settings, `data_dir` in the place of the one set. Raises SettingsError."""
    known = {f"{_PREFIX}{name}".upper() for name in Settings.model_fields}
    dotenv = DotEnvSettingsSource(Settings, env_file=".env", case_sensitive=True)
    for name in sorted({*os.environ, *dotenv.env_vars}):
        if name.upper().startswith(_PREFIX) and name.upper() not in known:
            raise SettingsError(f"There is no setting {name}. The settings are {', '.join(sorted(known))}.")
    try:
        settings = Settings() if data_dir is None else Settings(data_dir=data_dir)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"The setting {name} cannot be used: {first['msg']}.") from None
    return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute()})
