"""What comes out of an Any has the type that is asked for, or is None."""

from __future__ import annotations

from datetime import datetime

from well_known_sdk import NULL, AnyMessage, FieldMask, models, registry


def numbers(packed: AnyMessage) -> list[int]:
    found = packed.unpack(models.Collected)
    return [] if found is None else found.numbers


def moment(packed: AnyMessage) -> str:
    found = packed.unpack(datetime)
    return found.isoformat() if found is not None else ""


def name(packed: AnyMessage) -> str:
    if packed.is_(FieldMask):
        return "a mask"
    found = registry.unpack(packed)
    return packed.type_url if found is None else type(found).__name__


def pack() -> models.WellKnown:
    mask = FieldMask.of(models.WellKnown, "at")
    anys = [AnyMessage.pack(mask), AnyMessage.pack(models.Collected(numbers=[1]))]
    return models.WellKnown(anys=anys, value=NULL)
