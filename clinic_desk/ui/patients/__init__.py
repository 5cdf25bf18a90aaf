"""A patient's page, merging two records of one person, follow-up appointments, and her own list on paper."""
