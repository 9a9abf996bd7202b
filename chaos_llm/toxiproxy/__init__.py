"""A real Toxiproxy in front of a server: its process, and the toxics of its connections.

`toxiproxy-server` is Shopify's. It is controlled through the library toxiproxy-python, which keeps
one global address, so all servers of a process share one Toxiproxy.
"""
