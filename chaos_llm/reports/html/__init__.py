"""Pages for people: one for each run, one for a session; each needs nothing besides itself."""
