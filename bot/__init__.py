"""Footnote: a bot that you ask about documents; the assistant and its interfaces."""
