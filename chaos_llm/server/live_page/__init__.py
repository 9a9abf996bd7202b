"""The page for people at `/__chaos/`: one document, without data; its script asks the API."""
