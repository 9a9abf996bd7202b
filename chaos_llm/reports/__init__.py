"""What a replay amounts to: numbers, and drawings for a terminal."""
