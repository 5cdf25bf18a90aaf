"""The pinboard beside the calendar: what is parked at any desk, dragged onto it and off it."""
