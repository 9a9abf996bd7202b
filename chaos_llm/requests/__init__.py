"""The provider, call, user and credential that a request belongs to."""
