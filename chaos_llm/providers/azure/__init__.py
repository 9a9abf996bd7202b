"""OpenAI's models on Azure, and Microsoft's login."""
