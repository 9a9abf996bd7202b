"""The connections of clients: listening, TLS, replies on the clock."""
