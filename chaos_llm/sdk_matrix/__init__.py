"""The SDK matrix: every fault sent to every vendor's SDK, with what each raised or returned."""
