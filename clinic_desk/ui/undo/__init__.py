"""Undo and redo: what can be taken back, how it is said, and what is asked where another desk changed it since."""
