"""Telegram's Bot API: updates that come in, requests that go out. Knows no answers."""
