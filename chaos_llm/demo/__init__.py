"""The demo: two small support bots, which do not import chaos_llm, and the replay of both."""
