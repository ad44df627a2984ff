"""A refusal needs a reason."""

from mattermost_plugin import Reject

answer = Reject()  # error
