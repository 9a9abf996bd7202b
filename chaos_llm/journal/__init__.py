"""What happened, request by request."""
