"""Views that a person named: opened by menu and key, saved, managed."""
