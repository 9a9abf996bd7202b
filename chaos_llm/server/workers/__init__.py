"""Several workers behind one port: each run lives whole on one of them."""
