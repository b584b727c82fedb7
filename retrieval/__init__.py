"""Documents in, ranked passages out: loading, splitting, embedding, both indexes and the library that keeps them."""
