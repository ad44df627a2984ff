"""How large may a request be for a server in Go that sets no limit, as Mattermost's?"""

from __future__ import annotations

import pytest
from kit.interop.mattermost_host import MattermostHost
from mattermost_plugin import PluginAPIClient, ValidationError

LIMIT = 4 << 20


def test_a_request_above_4_mib_is_refused_with_both_sizes() -> None:
    with MattermostHost() as host, PluginAPIClient(host.api_address) as api:
        api.kv_set("key", bytes(LIMIT - 100))
        with pytest.raises(ValidationError) as caught:
            api.kv_set("key", bytes(LIMIT))
    error = caught.value
    assert error.status_code == 413
    assert "larger than the 4194304 that the host accepts" in error.message
