"""The catalogue of wire formats."""
