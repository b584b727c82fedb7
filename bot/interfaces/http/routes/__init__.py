"""The paths of the HTTP server, one module with a `router` for each kind of request."""

ROUTES = (
    "ask",
    "documents",
    "history",
    "chat_completions",
    "question_webhook",
    "telegram_webhook",
    "monitoring",
    "docs_page",
    "page",
    "reading",
)
"""The modules whose routers are served, in the order of the OpenAPI document. A new one is added here."""
