"""`footnote doctor`: tries each part for real and says what to do about what does not work. Never prints a secret."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from bot.auth import Keys, Secrets
from bot.bootstrap import Footnote
from bot.interfaces.cli.options import refusal
from bot.interfaces.text import counted_noun, one_line
from bot.settings import Settings, SettingsError, read_settings
from retrieval.errors import FootnoteError
from retrieval.index.keyword_index import count_indexed
from retrieval.library.catalogue import count_passages, readable_by
from retrieval.loaders.main_text import is_extractor_working
from retrieval.models.similarity_calibration import is_calibrated
from retrieval.store.database import HEAD, place, reading
from retrieval.store.permissions import open_to_others
from retrieval.store.state import text_of
from retrieval.types import Span

_LEAST_FREE = 200 << 20  # bytes: room for a document of the largest size, its vectors and both logs


class FaultError(FootnoteError):
    """A part works, but not as it should; the message is one line that says what to do."""


class Finding(NamedTuple):
    """What one check found; `says` is one line that is safe to print."""

    subject: str
    well: bool
    says: str


def examine(data_dir: Path | None) -> Iterator[Finding]:
    """Check one part after the other; a part that fails ends those that build on it."""
    try:
        settings = read_settings(data_dir)
    except SettingsError as error:
        yield _finding("settings", False, str(error))
        return
    engines = " and ".join(
        name for name, used in (("PostgreSQL", settings.database_url), ("a Chroma server", settings.chroma_url)) if used
    )
    yield _finding("settings", True, f"embedding {settings.embedding}{f', on {engines}' if engines else ''}")
    yield _finding("HTTP", True, _served(settings))
    bot = Footnote(settings)
    yield _finding("inner network", True, _allowed(bot))
    try:
        for subject, check in (
            ("data folder", _data_folder),
            ("database", _database),
            ("library", _library),
            ("model", _model),
            ("reader", _reader),
            ("chat model", _chat_model),
            ("vectors", _vectors),
            ("web pages", _web_pages),
            ("Telegram", _telegram),
        ):
            finding = _tried(subject, check, bot)
            yield finding
            if not finding.well:
                return
    finally:
        bot.close()


def _tried(subject: str, check: Callable[[Footnote], str], bot: Footnote) -> Finding:
    try:
        return _finding(subject, True, check(bot))
    except Exception as error:  # noqa: BLE001  # whatever fails is what the doctor is asked to tell
        return _finding(subject, False, str(getattr(error, "orig", None) or error) or type(error).__name__)


def _finding(subject: str, well: bool, says: str) -> Finding:
    return Finding(subject, well, one_line(says))


def _served(settings: Settings) -> str:
    """Whom `footnote serve` would serve, by their names."""
    keys, secrets = Keys.parse(settings.api_keys).names, Secrets.parse(settings.webhook_secrets).names
    askers = f"the keys of {', '.join(keys)}" if keys else "this machine only, since there are no keys"
    return f"for {askers}; webhooks from {', '.join(secrets)}" if secrets else f"for {askers}; no webhooks"


def _allowed(bot: Footnote) -> str:
    """How many hosts that are not public can be read by whoever may add a document, and be sent replies."""
    pages, replies = bot.allowed_pages, bot.allowed_replies
    return f"hosts that may be read: {pages.width} ({pages.setting}); sent replies: {replies.width} ({replies.setting})"


def _data_folder(bot: Footnote) -> str:
    folder = bot.settings.data_dir
    if (why := refusal(folder)) is not None:
        raise FaultError(why)
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE:
        raise FaultError(f"{folder} has only {free >> 20} MB left. Make room, or name another folder with --data-dir.")
    found = open_to_others(folder)
    risk = "" if found is None else f"; other users of this machine may use {found}: chmod go= {found}"
    return f"{folder} can be written, {free >> 20:,} MB free{risk}"


def _database(bot: Footnote) -> str:
    return f"{place(bot.engine)}, version {HEAD}"


def _model(bot: Footnote) -> str:
    embedder = bot.embedder()
    vector = embedder.encode_query("Does it read?")
    guessed = "" if is_calibrated(bot.engine, embedder) else "; not calibrated, so that it is guessed what to refuse: "
    others = ""
    if bot.others is not None:
        model = bot.others.embedder()
        others = f", {model.name} vectors of {len(model.encode_query('Liest es?'))} for other languages"
    return f"{embedder.name} gives vectors of {len(vector)} numbers{others}{guessed and f'{guessed}footnote calibrate'}"


def _reader(bot: Footnote) -> str:
    reader = bot.reader()
    if reader is None:
        return "off: likeness alone tells whether a text answers"
    text = "The old lighthouse at Skagen was lit in 1858."
    reading, other = reader.read("When was it lit?", [text, "Copper is softer than iron."])
    place = reading.within(Span(0, len(text)))
    words = "nothing" if place is None else place.answer.of(text)
    if words != "1858" or reading.odds <= other.odds:
        raise FaultError(
            f"It reads wrongly ({words} for 1858). Install footnote-bot again, or set FOOTNOTE_READER=off."
        )
    elsewhere = bot.multilingual_reader()
    if elsewhere is not None:
        (found,) = elsewhere.read("Wann wurde er angezündet?", [text])
        place = found.within(Span(0, len(text)))
        if place is None or "1858" not in place.answer.of(text):
            raise FaultError("It reads wrongly in German. Install footnote-bot again, or set FOOTNOTE_READER=off.")
    return f"reads: an answer {reading.probability:.2f} likely where there is one, {other.probability:.2f} where not"


def _chat_model(bot: Footnote) -> str:
    """Whether the chat model that is set answers, and where texts go then."""
    if bot.chat_model is None:
        return "none is set: answers are quotes, and no text leaves this machine"
    from langchain_core.messages import HumanMessage

    from bot.answering.generation.prompt import template
    from bot.storage.trust import trust_in

    template("answer", "passages", "question")  # raises where somebody has edited what is needed away
    reply, _ = bot.chat_model.complete([HumanMessage("Write the one word: yes")])
    if not reply.strip():
        raise FaultError(f"{bot.chat_model.name} replies nothing. Is it a model that chats?")
    where = bot.settings.model_base_url or "its provider"
    goes = "stay on this machine" if bot.chat_model.is_local else f"are sent to {where}"
    trust = trust_in(bot.engine, bot.settings.model, bot.settings.model_base_url)
    if trust is None:
        measured = f"not measured, so that it is trusted: footnote calibrate --model {bot.settings.model}"
    else:
        measured = f"right {trust.right} of {trust.of}, quoting {trust.quoting}"
        if not trust.earned:
            return f"{bot.chat_model.name} answers; {measured}: so answers are quotes, and nothing is sent to it"
    spent = bot.model_usage.today()
    money = bot.settings.money(spent.read, spent.written)
    cost = f"{spent.read + spent.written:,} tokens today" + (f", which cost {money}" if money else "")
    sent = f"questions, what was said just before and the passages found {goes}"
    return f"{bot.chat_model.name} answers; {measured}; {sent}; {cost}"


def _vectors(bot: Footnote) -> str:
    with reading(bot.engine) as connection:
        begun = text_of(connection, "reindex")
    if begun is not None:
        raise FaultError(
            f"A new index for {json.loads(begun)['embedding']} was begun and is not whole. Go on with it: footnote "
            "reindex, that model set in FOOTNOTE_EMBEDDING. With another model set, the same command gives it up."
        )
    bot.vectors.query(bot.embedder().encode_query("Does it find?"), readable_by("local"), 1)
    bot.library.repair()  # the look at the vectors may be what found them gone
    needed, held = count_passages(bot.engine), bot.vectors.count()
    for passages, vectors, kind in zip(needed, held, ("shared", "private"), strict=True):
        if vectors < passages:
            raise FaultError(
                f"There are {vectors} vectors for {passages} {kind} passages. Make them again: footnote reindex."
            )
    return f"{sum(held)} vectors for {sum(needed)} passages"


def _web_pages(bot: Footnote) -> str:
    if not is_extractor_working():
        raise FaultError("They are read with their menus, since trafilatura does not work. Install footnote-bot again.")
    return "are read without their menus"


def _telegram(bot: Footnote) -> str:
    if not bot.settings.telegram_token:
        return "no token is set, so there is no bot"
    from bot.interfaces.telegram.process import check_bot

    return check_bot(bot.settings)


def _library(bot: Footnote) -> str:
    entries = bot.library.entries(readable_by("local"))
    passages, indexed = sum(count_passages(bot.engine)), count_indexed(bot.engine)
    if passages != indexed:
        raise FaultError(f"{indexed} of {passages} passages are in the keyword index. Make it again: footnote reindex.")
    own = sum(entry.passages for entry in entries)
    return f"{counted_noun(len(entries), 'document')}, {counted_noun(own, 'passage')}"
