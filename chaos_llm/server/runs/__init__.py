"""The runs of a server: each with its own profile, clock and journal."""
