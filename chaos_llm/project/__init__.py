"""A user's project: what is installed in it, and the first files that chaos_llm writes to it."""
