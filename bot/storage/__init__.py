"""The bot's own tables: conversations, questions by webhook, deliveries, chats, and claims on their rows."""
