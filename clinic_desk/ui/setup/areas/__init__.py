"""One module for each area of the set-up: what is listed, typed, read and saved."""
