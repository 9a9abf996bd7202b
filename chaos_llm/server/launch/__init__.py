"""Starting a server: in the foreground, in a thread, around a command."""
