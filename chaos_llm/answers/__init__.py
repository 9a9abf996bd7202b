"""What a healthy provider answers."""
