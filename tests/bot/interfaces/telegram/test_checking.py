"""`footnote doctor` on the Telegram bot: who it is, or what is to be done about it; never its token."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from bot_api import BotApi
from real_command import Command
from servers import free_port


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path / "data", tmp_path)


def doctor(command: Command, api: BotApi, **settings: str) -> tuple[int, str]:
    """The exit status, and the line on Telegram; the token is printed nowhere."""
    bot = {"FOOTNOTE_TELEGRAM_TOKEN": api.token, "FOOTNOTE_TELEGRAM_API_URL": api.url, **settings}
    result: subprocess.CompletedProcess[str] = command.run("doctor", "--debug", **bot)
    assert bot["FOOTNOTE_TELEGRAM_TOKEN"].split(":")[1] not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    (line,) = [line for line in result.stdout.splitlines() if "Telegram" in line]
    return result.returncode, line


def test_a_bot_that_works(command: Command, api: BotApi) -> None:
    """Its name, how it has its updates, and whom it talks to: that everyone may is said. A wrong token is said, too."""
    status, line = doctor(command, api)
    assert status == 0
    assert line.startswith(
        "ok    Telegram: @footnote_bot, by polling; anyone may talk to it, since nobody is named in "
        "FOOTNOTE_TELEGRAM_ALLOWED"
    )
    status, line = doctor(command, api, FOOTNOTE_TELEGRAM_ALLOWED="17", FOOTNOTE_PUBLIC_URL="https://footnote.example")
    assert status == 0
    assert "by webhook at https://footnote.example; open to those in FOOTNOTE_TELEGRAM_ALLOWED" in line
    status, line = doctor(command, api, FOOTNOTE_TELEGRAM_TOKEN="7000000001:a-wrong_one")
    assert status == 1
    assert line == (
        "FAULT Telegram: Telegram does not know the token in FOOTNOTE_TELEGRAM_TOKEN. Ask @BotFather for it again."
    )


@pytest.mark.parametrize("fault", ["nobody there", "502", "broken"])
def test_telegram_cannot_be_reached(fault: str, command: Command, api: BotApi) -> None:
    """It names the address, and what to look at."""
    url = f"http://127.0.0.1:{free_port()}" if fault == "nobody there" else api.url
    if fault == "502":
        api.fail(10)
    elif fault == "broken":
        api.break_connections(10)
    status, line = doctor(command, api, FOOTNOTE_TELEGRAM_API_URL=url)
    assert status == 1
    assert line == (
        f"FAULT Telegram: {url} cannot be reached (NetworkError). Check the network, and FOOTNOTE_TELEGRAM_API_URL "
        "if it is set."
    )


def test_telegram_cannot_call_the_webhook(command: Command, api: BotApi) -> None:
    """It says what Telegram complains of."""
    url = f"http://127.0.0.1:{free_port()}"
    address = f"{api.base_url}{api.token}"
    httpx.post(f"{address}/setWebhook", data={"url": f"{url}/webhooks/telegram"}).raise_for_status()
    anna = api.user("Anna")
    api.private(anna).say(anna, "Hello")
    api.until(lambda: api.webhook_calls)
    status, line = doctor(command, api, FOOTNOTE_PUBLIC_URL=url)
    assert status == 1
    assert line == (
        f"FAULT Telegram: Telegram cannot call {url} (Connection refused). Check FOOTNOTE_PUBLIC_URL, and that "
        "`footnote serve` is found there."
    )
