"""Which descriptors does a codec know behind the attributes of its model?"""

from __future__ import annotations

from typing import Any

import pytest
from kit.generating.packages import Generated


@pytest.fixture
def codec(generated: Generated) -> Any:
    return generated.registry("hooks").codec("cases.hooks.VoidRequest")


def test_all_members_of_a_oneof_are_behind_its_attribute(codec: Any) -> None:
    names = {attribute: [f.name for f in fields] for attribute, fields in codec.fields().items()}
    assert names == {
        "context": ["context"],
        "post": ["post"],
        "note": ["note"],
        "how": ["count", "name"],
        "from_": ["from"],
    }


@pytest.mark.parametrize(("attribute", "field"), [("note", "note"), ("from_", "from")])
def test_a_field_is_found_by_its_attribute(codec: Any, attribute: str, field: str) -> None:
    assert codec.field(attribute).name == field


@pytest.mark.parametrize("attribute", ["how", "count", "from", "nowhere"])
def test_what_is_no_attribute_of_one_field_has_none(codec: Any, attribute: str) -> None:
    assert codec.field(attribute) is None
