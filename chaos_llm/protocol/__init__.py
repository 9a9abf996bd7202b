"""The nouns that cross every boundary: requests, replies, seeds, rate limits and markers."""
