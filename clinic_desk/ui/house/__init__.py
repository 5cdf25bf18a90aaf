"""Who is in the house now, beside the calendar and in a window of its own; and who never arrived."""
