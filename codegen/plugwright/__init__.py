"""plugwright: protos of a gRPC plugin system in, an installable typed Python SDK out."""

from plugwright_runtime import __version__ as __version__
