"""The waiting list: who wishes to come sooner, and whom a time that became free fits."""
