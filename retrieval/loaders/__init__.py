"""Files and web pages to documents: a registry of file types, and what all of them share."""
