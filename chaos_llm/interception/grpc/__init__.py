"""gRPC answered in process, in the place of grpcio's compiled core; see seam.py."""
