"""Amazon Bedrock and AWS's login."""
