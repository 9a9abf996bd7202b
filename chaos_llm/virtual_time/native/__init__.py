"""Compiled libraries in virtual time: the clocks that native code reads, and its threads."""
