"""Do the examples in docstrings give what they say?"""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest
from plugwright.evolution import reports, versions
from plugwright.plan import defaults, kinds
from plugwright.python import layout, names
from plugwright.settings import validity
from plugwright.surface import changes


@pytest.mark.parametrize(
    "module", [names, kinds, layout, validity, defaults, changes, versions, reports]
)
def test_examples(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted > (20 if module is names else 0)
    assert outcome.failed == 0
