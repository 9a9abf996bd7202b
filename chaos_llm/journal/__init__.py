"""The journal: a record of each request, its decision and its reply."""
