"""What a question asks and what it leans on: several questions in one, corrections, follow-ups, small talk."""
