"""The data commands of `clinic-desk`: thin, the same services as the desktop, JSON and exit codes for automation."""
