"""Pytest plugins that every test of Clinic Desk runs under."""
