"""What CI systems read: annotations of GitHub Actions, SARIF, and a summary in Markdown."""
