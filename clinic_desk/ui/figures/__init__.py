"""The clinic's figures on screen and on paper: charts, each with a table that says the same."""
