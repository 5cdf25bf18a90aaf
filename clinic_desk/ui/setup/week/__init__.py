"""A week of working hours, typed or dragged."""
