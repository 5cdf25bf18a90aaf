"""The manual: its pages are Markdown among the resources, shown in a window of their own (F1)."""
