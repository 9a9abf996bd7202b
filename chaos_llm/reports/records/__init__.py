"""Reports as records: the JSON files, from which pages are drawn, too."""
