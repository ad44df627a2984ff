"""Bytes are passed where JSON text is needed."""

from mattermost_plugin import models
from plugwright_runtime import codec

post = codec.from_json(models.Post, b"{}")  # error
