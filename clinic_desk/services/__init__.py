"""What the program does: one function per command, called by windows, command line and worker alike."""
