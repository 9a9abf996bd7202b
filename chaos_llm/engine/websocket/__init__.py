"""The provider's end of a websocket, without any I/O: for transports in memory and real sockets."""
