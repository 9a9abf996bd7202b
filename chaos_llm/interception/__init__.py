"""Interception of HTTP clients in process, at their lowest layer; the layers above stay real."""
