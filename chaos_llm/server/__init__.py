"""The mock server: the same engine behind real sockets, for clients in any language."""
