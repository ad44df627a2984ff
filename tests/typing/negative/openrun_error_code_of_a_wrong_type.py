"""An error code is a number."""

from openrun_plugin import PluginAPIError

raise PluginAPIError("gone", error_code="404")  # error
