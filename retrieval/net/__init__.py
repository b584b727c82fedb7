"""Requests that go out, and the guard that each passes."""
