"""The name of a model is misspelt in an import."""

from mattermost_plugin.models import Chanel  # error

print(Chanel)
