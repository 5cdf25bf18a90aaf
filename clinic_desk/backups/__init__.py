"""Backups of the clinic's database: made, encrypted, checked by restoring them, kept, restored. No Qt."""
