"""The list of the day: the appointments of the calendar's columns as rows, sorted, filtered, live."""
