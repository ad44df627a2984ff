"""Is all that a deprecated file declares deprecated, and nothing else?"""

from __future__ import annotations

from pathlib import Path

import pytest
from plugwright.generation import Sources, schema, zero_config

PROTO = """syntax = "proto3";
package p;
{option}
message M {{}}
enum E {{ E_ZERO = 0; }}
service S {{ rpc Get(M) returns (M); }}
"""


@pytest.mark.parametrize("deprecated", [True, False])
def test_the_option_of_a_file_counts_for_what_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deprecated: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    option = "option deprecated = true;" if deprecated else ""
    Path("a.proto").write_text(PROTO.format(option=option))
    sources = Sources((Path("a.proto"),), (Path(),))
    whole = schema(zero_config("sdk", Path("out"), sources), lambda text: None)
    [file] = [file for file in whole.files if file.package == "p"]
    declared = [*file.messages, *file.enums, *file.services]
    assert [item.deprecated for item in declared] == [deprecated] * 3
