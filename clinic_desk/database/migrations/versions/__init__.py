"""One module per schema step, in order."""
