"""Export of practitioners, patients and appointments to CSV and iCalendar: a right, noted, for the owner's eyes."""
