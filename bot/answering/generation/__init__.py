"""Answers that a chat model writes, and what each of its sentences has to pass before anybody sees it."""
