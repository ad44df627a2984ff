"""An instance is passed where a class is needed."""

from mattermost_plugin import models
from plugwright_runtime import codec

post = codec.decode(models.Post(), b"")  # error
