"""A text of distinct facts, with a question for each whose answer can be told from all others."""

from __future__ import annotations

from retrieval.types import Document

FACTS = {
    "Who painted the lighthouse of Arran?": ("Tobias", "The lighthouse of Arran was painted by Tobias."),
    "What does the bakery of Lund sell on Sundays?": ("rye", "The bakery of Lund sells rye bread on Sundays."),
    "How deep is the well of Orvieto?": ("62", "The well of Orvieto is 62 metres deep."),
    "Which animal lives in the clock tower of Bern?": ("jackdaw", "A jackdaw lives in the clock tower of Bern."),
    "Who wrote the ferry timetable of Oban?": ("Morag", "The ferry timetable of Oban was written by Morag."),
    "What colour is the door of the Riga theatre?": ("turquoise", "The door of the Riga theatre is turquoise."),
    "When was the Kotor bridge opened?": ("1931", "The Kotor bridge was opened in 1931."),
    "Who mends the nets of the Viana harbour?": ("Joaquim", "The nets of the Viana harbour are mended by Joaquim."),
    "What grows in the garden of the Prague convent?": ("quinces", "Quinces grow in the garden of the Prague convent."),
    "How many bells has the chapel of Hallstatt?": ("seven", "The chapel of Hallstatt has seven bells."),
    "What is kept in the cellar of the Tartu library?": (
        "globes",
        "Globes are kept in the cellar of the Tartu library.",
    ),
    "Who rings the gong of the Malmo observatory?": ("Ingrid", "The gong of the Malmo observatory is rung by Ingrid."),
    "What does the Cork ropewalk make?": ("hawsers", "The Cork ropewalk makes hawsers for sailing ships."),
    "Where does the tram of Sintra end?": ("beach", "The tram of Sintra ends at the Apple Beach."),
    "Which instrument does the mayor of Bruges play?": ("bassoon", "The mayor of Bruges plays the bassoon."),
}
"""By question: a word that stands in its answer alone, and the sentence that answers it."""

DOCUMENT = Document("facts", "Facts", "\n\n".join(sentence for _, sentence in FACTS.values()))


def told(text: str) -> str:
    """The question that a message answers."""
    said = text.split("\n", 1)[0]
    (question,) = [question for question, (word, _) in FACTS.items() if word.lower() in said.lower()]
    return question
