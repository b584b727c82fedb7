"""A dictionary of a few senses in WordNet's own format, for the draws that reword and turn round."""

from __future__ import annotations

from pathlib import Path

import pytest

# Index lines end with the places of a word's senses.
_INDEX = {
    "noun": "city n 1 0 1 1 00000001\ntown n 1 0 1 1 00000001\n",
    "verb": "visit v 1 0 1 1 00000002\nsee v 1 0 1 1 00000002\ncall_in v 1 0 1 1 00000002\nhaunt v 1 0 1 0 00000002\n",
    "adj": "large a 1 0 1 1 00000003\nbig a 1 0 1 1 00000003\n",
    "adv": "",
}
# Of two opposites each points to the other: "!", a place, a part, and which words it joins.
_DATA = {
    "noun": "00000001 15 n 02 city 0 town 0 000 | a place\n",
    "verb": "00000002 38 v 04 visit 0 see 0 call_in 0 haunt 0 000 | go to\n"
    "00000005 33 v 01 win 0 001 ! 00000006 v 0101 | a\n00000006 33 v 01 lose 0 001 ! 00000005 v 0101 | b\n",
    "adj": "00000003 00 a 02 large(a) 0 big 0 001 ! 00000004 a 0101 | of size\n"
    "00000004 00 a 01 small 0 001 ! 00000003 a 0101 | b\n",
    "adv": "",
}
_COUNTS = (
    "city%1:15:00:: 1 9\ntown%1:15:00:: 1 5\nvisit%2:38:00:: 1 9\nsee%2:38:00:: 1 7\ncall_in%2:38:00:: 1 2\n"
    "large%3:00:00:: 1 9\nbig%5:00:00:large:00 1 8\nwin%2:33:00:: 1 9\nlose%2:33:00:: 1 9\nsmall%3:00:00:: 1 9\n"
)


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    """The folder of the dictionary."""
    for name in _INDEX:
        (tmp_path / f"index.{name}").write_text("  1 This is a licence.\n" + _INDEX[name])
        (tmp_path / f"data.{name}").write_text("  1 This is a licence.\n" + _DATA[name])
    (tmp_path / "cntlist.rev").write_text(_COUNTS)
    return tmp_path
