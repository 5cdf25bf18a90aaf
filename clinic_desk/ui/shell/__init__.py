"""The parts of the main window around the calendar: toolbar, sidebar, status bar, banner, toasts, crash dialog."""
