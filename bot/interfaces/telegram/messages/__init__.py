"""Messages as Telegram shows them: formatting, splitting, buttons. Knows no chats."""
