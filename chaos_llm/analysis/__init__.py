"""The calls of a replay, their outcomes, and the evidence for those."""
