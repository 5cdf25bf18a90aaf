"""Opens a clinic's database for a desk: the configured one, the one of this PC, the demo. Never on the GUI thread."""
