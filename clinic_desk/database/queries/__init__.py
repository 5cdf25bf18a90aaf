"""Every statement that is read or written by, one module a subject; each takes a connection and opens none."""
