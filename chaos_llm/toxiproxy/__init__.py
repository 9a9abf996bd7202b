"""A real Toxiproxy in front of a server: where it is, and what is wrong with its connections.

`toxiproxy-server` is Shopify's; it is spoken to by the library toxiproxy-python, which knows one
address in a process, so that all servers of a process share one Toxiproxy.
"""
