"""The window of the clinic's PCs: who joined, who sends, who is invited, how the shared server is started."""
