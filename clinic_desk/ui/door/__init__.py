"""Who is at this desk: signing in, the lock, and what is put away while it is locked."""
