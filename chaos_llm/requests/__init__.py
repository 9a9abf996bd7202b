"""Which provider, call and credential a request belongs to."""
