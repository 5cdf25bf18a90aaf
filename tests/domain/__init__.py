"""Tests of the pure domain functions."""
