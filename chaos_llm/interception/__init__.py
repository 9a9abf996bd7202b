"""In process: each HTTP client is answered at its leaf, and all above it stays real."""
