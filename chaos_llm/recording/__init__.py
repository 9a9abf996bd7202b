"""Calls to real providers as they were: one masked record each, in files of JSON lines."""
