"""The client side of Telegram's Bot API: updates in, requests out. Knows no answers."""
