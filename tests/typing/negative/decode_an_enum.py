"""An enum is decoded as if it were a message."""

from mattermost_plugin import models
from plugwright_runtime import codec

kind = codec.decode(models.ChannelType, b"")  # error
