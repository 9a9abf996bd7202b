"""Decisions: which faults hit a request, made before any byte of the reply is sent."""
