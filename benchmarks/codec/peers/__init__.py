"""One module per peer: each knows how to make its own value of a shape, encode it and decode it."""
