"""A fuzzer of the loaders: real files, changed at random, through the path that `footnote add` and the server take."""
