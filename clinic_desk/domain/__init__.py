"""What the clinic's calendar means: records, rules and the functions on them, free of Qt, SQL and clocks."""
