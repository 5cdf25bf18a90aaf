"""Import of practitioners, patients and appointments from CSV and iCalendar: look, check, carry out; all or nothing."""
