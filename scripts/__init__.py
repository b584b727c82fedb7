"""What makes the files that ship, run by hand: nothing of it is needed to run Footnote."""
