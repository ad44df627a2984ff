"""Do the examples in docstrings give what they say?"""

from __future__ import annotations

import doctest

from plugwright import names


def test_rules_of_names() -> None:
    outcome = doctest.testmod(names)
    assert outcome.attempted > 20
    assert outcome.failed == 0
