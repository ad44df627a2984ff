"""plugwright: protos of a gRPC plugin system in, an installable typed Python SDK out."""

__version__ = "0.2.0"
