"""The settings: what cannot be used is told in one line that names it, and holds no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import SettingsError, read_settings

MALFORMED = [
    ("DATA_DIR", "~nobody-of-that-name/data", "lies in the home of a user that is unknown."),
    ("DATABASE_URL", "mysql://me:sesame@host/base", "it must be postgresql://"),
    ("DATABASE_URL", "postgresql://me:sesame@host:port/base", "with a number for the port."),
    ("DATABASE_URL", "postgresql://me:sesame@host:70000/base", "with a port from 1 to 65535."),
    ("DATABASE_URL", "postgresql://me:at@sesame@host/base", "with @ in a name or password written as %40"),
    ("DATABASE_URL", "postgresql://me:at@b/sesame@host/base", "with @ in a name or password written as %40"),
    ("CHROMA_URL", "nonsense", "it must be http://HOST:PORT."),
    ("CHROMA_URL", "http://me:sesame@127.0.0.1:1", "it must be http://HOST:PORT."),
    ("OUTBOUND_ALLOWED", "10.0.0.0/99", "10.0.0.0/99 is no host, host:port or network such as 10.1.0.0/16."),
    ("OUTBOUND_ALLOWED", "http://host", "http://host is no host, host:port or network"),
    ("OUTBOUND_ALLOWED", "0.0.0.0/0", "0.0.0.0/0 would let everything through: list the hosts"),
    ("FETCH_ALLOWED", "::/0", "::/0 would let everything through: list the hosts"),
    ("API_KEYS", "sesame", "it must be name:secret"),
    ("API_KEYS", "ann:sesame-sesame-sesame,bob:sesame-sesame-sesame", "that of another name, too"),
    ("API_KEYS", "ann:sesame-sesame-sesam\u00e9", "visible ASCII"),
    ("API_KEYS", "ann:sesame-sesame12", "must be 16 to 512 visible ASCII characters, such as `openssl rand -hex 24`"),
    ("WEBHOOK_SECRETS", "sesame", "it must be name:whsec_"),
    ("PUBLIC_URL", "example.org", "it must be https://HOST"),
    ("REQUESTS_A_MINUTE", "0", "greater than or equal to 1"),
    ("LOG_LEVEL", "loud", "'debug'"),
]


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize(("name", "value", "says"), MALFORMED)
def test_a_malformed_setting_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str, file: bool
) -> None:
    """From the environment and from `.env`: the line names the setting and says what it must be."""
    monkeypatch.chdir(tmp_path)
    if file:
        (tmp_path / ".env").write_text(f'FOOTNOTE_{name}="{value}"\n', "utf-8")
    else:
        monkeypatch.setenv(f"FOOTNOTE_{name}", value)
    with pytest.raises(SettingsError) as told:
        read_settings()
    line = str(told.value)
    assert says in line and line.isprintable() and "sesam" not in line
    assert name == "DATA_DIR" or line.startswith(f"The setting FOOTNOTE_{name} cannot be used: ")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("FOOTNOTE_EMBEDING=x\n", "There is no setting FOOTNOTE_EMBEDING. The settings are FOOTNOTE_API_KEYS, "),
        ('OTHER=1\nFOOTNOTE_DATA_DIR="unclosed\n', "line 2 is malformed"),
    ],
)
def test_a_line_of_env_that_says_nothing_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, says: str
) -> None:
    """An unknown name, or a line on Footnote that cannot be read: it would mean another data folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(written, "utf-8")
    with pytest.raises(SettingsError, match=says):
        read_settings()
