"""From what others recorded to an outage profile: readers, change points, windows, a draft."""
