"""The window of backups: how they stand, when they are made, and restoring one."""
