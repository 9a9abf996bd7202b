"""HTML pages of runs, tests and sessions; a page loads no other file."""
