"""Events in, orders out: the path of a turn, and what leaves by it, each once."""
