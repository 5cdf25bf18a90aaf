"""Tests of clinic_desk.database, on real PostgreSQL servers."""
