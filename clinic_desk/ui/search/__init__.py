"""What the search box of the top bar shows and does; imported when letters are typed there for the first time."""
