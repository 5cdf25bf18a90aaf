"""Export of practitioners, patients and appointments to CSV and iCalendar: a manager's, noted, for the owner's eyes."""
