"""The Telegram bot: questions and documents from chats, answers with their footnotes back to them."""

import os

# Telegram's waiting times as timedelta: python-telegram-bot warns of numbers, which it will drop.
os.environ.setdefault("PTB_TIMEDELTA", "true")
