"""The booking form in place, its patient search, its free times and its conflicts."""
