"""PDF to text, step by step: characters, layout, headers, paragraphs, hyphenation."""
