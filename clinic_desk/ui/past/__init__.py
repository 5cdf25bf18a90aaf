"""The calendar as it was at a moment gone by, and what became of it since."""
