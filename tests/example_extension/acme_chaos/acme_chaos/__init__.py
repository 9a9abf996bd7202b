"""What Acme adds to chaos_llm."""
