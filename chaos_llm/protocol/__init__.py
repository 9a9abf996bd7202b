"""What every layer shares: requests, replies, keyed random numbers, rate limits and markers."""
