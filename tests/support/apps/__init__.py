"""Small apps that tests play outages on; tests/support/__init__.py says which is where."""
