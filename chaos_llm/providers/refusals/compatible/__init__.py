"""What the vendors refuse that took OpenAI's Chat Completions over, in words of their own."""
