"""Bytes and JSON of any SDK's models: what a program imports that converts messages itself."""

from .message.codec import decode, encode, from_json, to_json, value_or_default

__all__ = ["decode", "encode", "from_json", "to_json", "value_or_default"]
