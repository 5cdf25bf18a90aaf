"""The screens of series: repeating a booking, and changing this date, this and following, or all."""
