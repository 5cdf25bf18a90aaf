"""The history in words: of one appointment, and everybody's changes for a manager."""
