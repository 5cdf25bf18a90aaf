"""How Clinic Desk's data is kept in PostgreSQL and read back."""
