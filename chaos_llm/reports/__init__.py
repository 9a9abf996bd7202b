"""Reports: numbers, text timelines, JSON records and HTML pages."""
