"""`footnote doctor`: tries each part for real and says what to do about what does not work. Never prints a secret."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.bootstrap import Footnote
from bot.settings import SettingsError, read_settings
from retrieval.catalogue import readable_by
from retrieval.database import HEAD


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    subject: str
    well: bool
    says: str


def examine(data_dir: Path | None) -> Iterator[Finding]:
    """Check one part after the other; a part that fails ends those that build on it."""
    try:
        settings = read_settings(data_dir)
    except SettingsError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, f"embedding {settings.embedding}")
    bot = Footnote(settings)
    try:
        for subject, check in (
            ("data folder", _data_folder),
            ("database", _database),
            ("model", _model),
            ("vectors", _vectors),
            ("library", _library),
        ):
            finding = _tried(subject, check, bot)
            yield finding
            if not finding.well:
                return
    finally:
        bot.close()


def _tried(subject: str, check: Callable[[Footnote], str], bot: Footnote) -> Finding:
    try:
        return Finding(subject, True, check(bot))
    except Exception as error:  # noqa: BLE001  # whatever fails is what the doctor is asked to tell
        return Finding(subject, False, " ".join(str(error).split()) or type(error).__name__)


def _data_folder(bot: Footnote) -> str:
    folder = bot.settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"footnote")
    except OSError as error:
        raise OSError(f"{folder} cannot be written ({error.strerror}). Name another with --data-dir.") from error
    return f"{folder} can be written"


def _database(bot: Footnote) -> str:
    return f"{bot.engine.url.database}, version {HEAD}"


def _model(bot: Footnote) -> str:
    embedder = bot.embedder()
    vector = embedder.encode_query("Does it read?")
    return f"{embedder.name} gives vectors of {len(vector)} numbers"


def _vectors(bot: Footnote) -> str:
    vector = bot.embedder().encode_query("Does it find?")
    found = bot.vectors.query(vector, ["shared"], 1)
    return "Chroma answers" if found else "Chroma answers; there are no vectors yet"


def _library(bot: Footnote) -> str:
    entries = bot.library.entries(readable_by("local"))
    count = f"{len(entries)} document{'s' if len(entries) != 1 else ''}"
    return f"{count}, {sum(entry.passages for entry in entries)} passages"
