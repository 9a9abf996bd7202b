"""Real vendors behind this server: requests are passed on, and replies back, byte for byte."""
