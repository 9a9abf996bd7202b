"""Reports as data: what JSON files hold and pages are drawn from."""
