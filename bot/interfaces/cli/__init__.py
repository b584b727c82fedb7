"""The command line: reads the words typed, asks the one assistant, prints what came of it."""
