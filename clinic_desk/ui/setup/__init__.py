"""The screens on which a practice manager sets the clinic up."""
