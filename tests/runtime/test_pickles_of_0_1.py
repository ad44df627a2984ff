"""Does what 0.1 pickled load? The bytes are those it wrote, with the paths its modules had."""

from __future__ import annotations

import pickle
from datetime import UTC
from typing import Any

import pytest
from plugwright_runtime.errors import FieldError
from plugwright_runtime.message import model, wkt
from plugwright_runtime.message.unknown_inside import Kept

_TIME = (
    b"cdatetime\ndatetime\nq\x01c_codecs\nencode\nq\x02X\x0b\x00\x00\x00\x07\xc3\xa8\x01\x01\x00"
    b"\x00\x00\x00\x00\x00q\x03X\x06\x00\x00\x00latin1q\x04\x86q\x05Rq\x06cdatetime\ntimezone\nq"
    b"\x07cdatetime\ntimedelta\nq\x08K\x00K\x00K\x00\x87q\tRq\n\x85q\x0bRq\x0c\x86q\rRq\x0e"
)
_MASK = b")\x81q\x01N}q\x02X\x05\x00\x00\x00pathsq\x03]q\x04X\x01\x00\x00\x00aq\x05as\x86q\x06b."
_ANY = (
    b")\x81q\x01N}q\x02(X\x08\x00\x00\x00type_urlq\x03X\x05\x00\x00\x00t/x.Yq\x04X\x05\x00\x00\x00"
    b"valueq\x05c_codecs\nencode\nq\x06X\x01\x00\x00\x00zq\x07X\x06\x00\x00\x00latin1q\x08\x86q\tRq"
    b"\nu\x86q\x0bb."
)
_KEPT = (
    b"c_codecs\nencode\nq\x01X\x01\x00\x00\x00aq\x02X\x06\x00\x00\x00latin1q\x03\x86q\x04Rq\x05h"
    b"\x01X\x01\x00\x00\x00bq\x06h\x03\x86q\x07Rq\x08\x86q\tRq\n."
)
_RAW = b"\x8a\x07\x00\x80\xc6\xa4~\x8d\x03K\x05\x86q\x01Rq\x02."
_NANO = wkt.NanoDatetime(2024, 1, 1, tzinfo=UTC, nanosecond=7)


@pytest.mark.parametrize(
    ("name", "rest", "value"),
    [
        ("model\nEMPTY_LIST", b".", model.EMPTY_LIST),
        ("model\nEMPTY_DICT", b".", model.EMPTY_DICT),
        ("model\nUNSET", b".", model.UNSET),
        ("nanotime\nnano_datetime", _TIME + b"K\x07\x86q\x0fRq\x10.", _NANO),
        (
            "nanotime\nnano_timedelta",
            b"M\xe9\x03\x85q\x01Rq\x02.",
            wkt.NanoTimedelta(0, 0, 1, nanoseconds=1),
        ),
        ("wkt_json\nNullValue", b"N\x85q\x01Rq\x02.", wkt.NULL),
        ("wkt_any\nEmpty", b")\x81q\x01.", wkt.Empty()),
        ("wkt_any\nFieldMask", _MASK, wkt.FieldMask(["a"])),
        ("wkt_any\nAnyMessage", _ANY, wkt.AnyMessage("t/x.Y", b"z")),
        ("unknown_inside\nKept", _KEPT, Kept(b"a", b"b")),
        ("rawtime\nRawDatetime", _RAW, wkt.RawDatetime(10**15, 5)),
        ("rawtime\nRawTimedelta", _RAW, wkt.RawTimedelta(10**15, 5)),
    ],
)
def test_what_0_1_wrote(name: str, rest: bytes, value: Any) -> None:
    written = b"\x80\x02cplugwright_runtime." + name.encode() + b"\nq\x00" + rest
    loaded = pickle.loads(written)
    assert type(loaded) is type(value)
    assert loaded == value
    assert getattr(loaded, "inside", b"") == getattr(value, "inside", b"")
    # From now on it is written with the path of today.
    assert b".message." in pickle.dumps(loaded, 2)


def test_an_error_that_0_1_wrote() -> None:
    state = b"(cplugwright_runtime.errors\nFieldError\nX\x03\x00\x00\x00a.bX\x03\x00\x00\x00int"
    told = b"K\x07X\x01\x00\x00\x00!\x85tR."
    loaded = pickle.loads(b"\x80\x02cplugwright_runtime.errors\n_field_error\n" + state + told)
    assert type(loaded) is FieldError
    assert (loaded.path, loaded.expected, loaded.value, str(loaded)) == ("a.b", "int", 7, "!")
