"""Small apps for replays; tests/support/__init__.py is the index."""
