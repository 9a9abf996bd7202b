"""Two small support bots, ordinary code that knows nothing of chaos_llm, and the demo of both."""
