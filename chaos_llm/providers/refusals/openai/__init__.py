"""What OpenAI's APIs refuse: Chat Completions and Responses."""
