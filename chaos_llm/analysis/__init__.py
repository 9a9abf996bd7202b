"""What the calls of a replay got, and why."""
