"""A name is misspelt in an import."""

from mattermost_plugin import Pluggin  # error

print(Pluggin)
