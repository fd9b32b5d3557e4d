"""One module per platform, both directions: they share signatures, limits and ids, and change together."""
