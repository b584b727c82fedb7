"""How answers are made: questions are understood, passages quoted or put in words, and every sentence verified."""
