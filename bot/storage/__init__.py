"""The bot's own tables: conversations, questions by webhook, deliveries, chats, and leases on their rows."""
