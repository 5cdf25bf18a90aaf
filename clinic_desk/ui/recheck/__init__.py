"""The check of appointments to come: which no longer fit, why, and what can be done about it."""
