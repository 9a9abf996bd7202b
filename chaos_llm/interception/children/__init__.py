"""Child processes that start in an outage, whose requests to providers are refused, too."""
