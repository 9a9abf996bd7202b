"""What findings say where only one kind of failure occurred."""

# The profiles in which each kind of failure occurs for some minutes.
ADD_PROFILE = (
    "add a replay of every-failure-in-turn, or of every-failure-in-turn-two-providers, "
    "in which every kind occurs"
)
