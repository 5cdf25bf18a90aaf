"""Import and export at a desk: a file, what its columns hold, what would happen, and then all of it or nothing."""
