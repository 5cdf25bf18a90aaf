"""One desk's life on this PC: from its first window, over who works at it, to its end."""
