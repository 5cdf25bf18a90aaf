"""The tests of Clinic Desk; the folders mirror the package."""
