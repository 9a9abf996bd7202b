"""Websockets to the providers, in process: transports and sockets whose other end is a peer."""
