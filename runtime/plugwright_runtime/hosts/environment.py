"""Which environment does a plugin get? That of its host, what the launch style tells it, and what
the application says explicitly; of a name given twice the last wins.
"""

from __future__ import annotations

from collections.abc import Mapping

OF_A_HOST = "PLUGIN_"  # how go-plugin's own variables begin


def environment(
    own: Mapping[str, str], told: Mapping[str, str], explicit: Mapping[str, str]
) -> dict[str, str]:
    """`own`: of this process, which may be a plugin itself: what its host told it, such as whose
    certificate to trust, is not for others.
    """
    kept = {name: value for name, value in own.items() if not name.startswith(OF_A_HOST)}
    return {**kept, **told, **explicit}
