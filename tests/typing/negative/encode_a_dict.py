"""A dict is encoded as if it were a model."""

from plugwright_runtime import codec

data = codec.encode({"message": "hi"})  # error
