"""The JSON API under `/__chaos/`."""
