"""The harness is given a class that is no plugin."""

from mattermost_plugin import models
from mattermost_plugin.testing import PluginHarness

harness = PluginHarness(models.Post)  # error
