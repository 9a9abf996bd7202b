"""The engine: from the bytes of a request to its reply and its journal record."""
