"""Paper: day lists, week plans and appointment cards as pages, printed or as PDF, and day lists by themselves."""
