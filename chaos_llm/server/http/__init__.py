"""HTTP requests from the wire, and how they are answered."""
