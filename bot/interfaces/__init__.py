"""How people and programs reach the assistant: each turns its own messages into turns and renders the events."""
