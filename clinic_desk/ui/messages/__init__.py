"""The Messages panel: what the patients were, are being and will be told, what went wrong, and what they answered."""
