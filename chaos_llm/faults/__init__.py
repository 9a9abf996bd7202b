"""The catalogue of faults."""
