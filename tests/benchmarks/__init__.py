"""Measurements, run by hand or by CI as ratios in one run; pytest does not collect them."""
