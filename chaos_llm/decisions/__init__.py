"""What hits a request, decided before any byte is sent."""
