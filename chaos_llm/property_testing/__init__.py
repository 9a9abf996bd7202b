"""Property-based testing: strategies for outages, a state machine, and `chaos-llm find`."""
