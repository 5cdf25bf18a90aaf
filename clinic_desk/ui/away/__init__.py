"""Doctor away: whom time off or a closure hits, and what becomes of each of them."""
