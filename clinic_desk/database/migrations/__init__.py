"""The steps by which the database schema comes to be (Alembic)."""
