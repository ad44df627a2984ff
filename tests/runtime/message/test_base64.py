"""Are bytes read from ProtoJSON in either alphabet of base64, and without a warning?

From Python 3.15 on base64 warns of the standard alphabet where it is asked for the other one.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from kit.generating.packages import Generated
from plugwright_runtime import codec
from plugwright_runtime.errors import DecodeError

DATA = b"\xfb\xff\xbe?>~"  # has both of the characters that differ
STANDARD = base64.standard_b64encode(DATA).decode()
URL_SAFE = base64.urlsafe_b64encode(DATA).decode()
TEXTS = [STANDARD, URL_SAFE, STANDARD.rstrip("="), URL_SAFE.rstrip("=")]

PLACES = {
    "a field": ("scalars", "cases.scalars.Scalars", "aBytes", "a_bytes", lambda b: b),
    "a list": ("scalars", "cases.scalars.Lists", "blobs", "blobs", lambda b: [b, b]),
    "a map": ("maps", "cases.maps.Maps", "blobs", "blobs", lambda b: {"+/": b}),
    "a map of wrappers": (
        *("well_known", "cases.well_known.Collected", "blobs", "blobs"),
        lambda b: {"+/": b},
    ),
    "a wrapper": (
        *("well_known", "cases.well_known.WellKnown", "aBytes", "a_bytes"),
        lambda b: b,
    ),
}


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("place", PLACES.values(), ids=list(PLACES))
def test_both_alphabets(place: Any, text: str, generated: Generated) -> None:
    case, message, key, attribute, around = place
    model: Any = generated.registry(case).message(message)
    read = codec.from_json(model, json.dumps({key: around(text)}))
    assert getattr(read, attribute) == around(DATA)


def test_what_is_no_bytes_is_left_alone(generated: Generated) -> None:
    model: Any = generated.registry("scalars").message("cases.scalars.Scalars")
    assert codec.from_json(model, '{"aString": "+/+/"}').a_string == "+/+/"


def test_what_is_no_base64_is_refused(generated: Generated) -> None:
    model: Any = generated.registry("scalars").message("cases.scalars.Scalars")
    for wrong in ("5", "{}", "true"):
        with pytest.raises(DecodeError):
            codec.from_json(model, f'{{"aBytes": {wrong}}}')
