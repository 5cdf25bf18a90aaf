"""Several desks as several programs on one database."""
