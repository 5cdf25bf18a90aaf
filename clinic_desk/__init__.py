"""Clinic Desk: reception desk software for clinics, one calendar shared by several desks."""

__version__ = "0.1.0"
