"""HTTP requests off the wire, and who answers them."""
