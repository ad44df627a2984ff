"""Does protoc-gen-plugwright, run by protoc and by buf, write what the CLI writes?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kit.generating.cases import GOOD, Case, by_name
from kit.generating.compilers import COMPILERS, Run, buf_build
from kit.places import ROOT
from plugwright.generation import Sources, configured, render, zero_config
from plugwright.settings import extras

MATTERMOST = ROOT / "proto" / "mattermost"
CONFIGS = sorted(ROOT.glob("proto/*/plugwright.toml"))
by_compiler = pytest.mark.parametrize("compiler", COMPILERS)
# buf takes no protos with this option: two fields of one name in JSON.
_NOT_FOR_BUF = "deprecated_legacy_json_field_conflicts"


def _quiet(text: str) -> None:
    del text


@by_compiler
def test_zero_config_is_the_same_as_by_the_cli(compiler: str, tmp_path: Path) -> None:
    run = Run(MATTERMOST, "package=sdk", tmp_path)
    done = COMPILERS[compiler](run)
    assert (done.returncode, done.stderr) == (0, "")
    sources = Sources(tuple(sorted(MATTERMOST.glob("*.proto"))), (MATTERMOST,))
    expected = render(zero_config("sdk", tmp_path, sources), _quiet)
    assert run.tree() == {f.path: f.text for f in expected}


@by_compiler
@pytest.mark.parametrize("config", CONFIGS, ids=[c.parent.name for c in CONFIGS])
def test_a_config_is_the_same_as_by_the_cli(compiler: str, config: Path, tmp_path: Path) -> None:
    run = Run(config.parent, f"config={config}", tmp_path)
    done = COMPILERS[compiler](run)
    assert done.returncode == 0, done.stderr
    job = configured(config, (), None)
    copied = job._replace(settings=extras.copied(job.settings))  # protoc makes no links
    assert run.tree() == {f.path: f.text for f in render(copied, _quiet)}


def _is_for_buf(case: Case) -> bool:
    """Not those with a config; buf rejects fields that have one name in JSON."""
    texts = (p.read_text(encoding="utf-8") for p in case.protos)
    has_config = (case.folder / "plugwright.toml").exists()
    return not has_config and not any(_NOT_FOR_BUF in text for text in texts)


# Comments, places, options and defaults are what a compiler of its own could read differently.
@pytest.mark.parametrize(**by_name(filter(_is_for_buf, GOOD)))
def test_buf_gives_the_same_for_each_case(case: Case, tmp_path: Path) -> None:
    for proto in case.protos:
        copied = tmp_path / "case" / proto.relative_to(case.folder)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(proto, copied)
    run = Run(tmp_path / "case", "package=sdk", tmp_path)
    done = COMPILERS["buf"](run)
    assert done.returncode == 0, done.stderr
    assert run.tree() == {f.path: f.text for f in case.generate()}


def test_a_set_of_buf_gives_the_same_as_the_protos(tmp_path: Path) -> None:
    descriptors = buf_build(Run(MATTERMOST, "", tmp_path))
    config = MATTERMOST / "plugwright.toml"
    by_set, by_protos = (
        render(configured(config, (), given), _quiet) for given in (descriptors, None)
    )
    assert by_set == by_protos


_IMPORTED = """
edition = "2024";
import "google/protobuf/descriptor.proto";
option features.enforce_naming_style = STYLE_LEGACY;
message Note {
  string source = 1 [retention = RETENTION_SOURCE];
  string kept = 2;
}
extend google.protobuf.FieldOptions {
  string gone = 50001 [retention = RETENTION_SOURCE];
  Note note = 50002;
}
message Base {
  string a = 1 [(gone) = "x"];
  string b = 2 [(gone) = "x", (note).source = "s", (note).kept = "k"];
  extensions 10 [declaration = {number: 10, full_name: ".x", type: "int32"}];
}
"""


@by_compiler
def test_options_for_sources_alone_make_no_difference(compiler: str, tmp_path: Path) -> None:
    protos = tmp_path / "case"
    protos.mkdir()
    (protos / "base.proto").write_text(_IMPORTED)
    main = protos / "main.proto"
    main.write_text('edition = "2024"; import "base.proto"; message M { Base b = 1; }')
    run = Run(protos, "package=sdk", tmp_path, main.name)
    done = COMPILERS[compiler](run)
    assert (done.returncode, done.stderr) == (0, "")
    expected = render(zero_config("sdk", tmp_path, Sources((main,), (protos,))), _quiet)
    assert run.tree() == {f.path: f.text for f in expected}


@by_compiler
@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("pakage=x", "unknown option 'pakage'; known are: package, config, service"),
        ("package=1x", "say which package to write"),
        ("config=/nowhere/plugwright.toml", "cannot be read"),
    ],
)
def test_problems_reach_the_user(compiler: str, tmp_path: Path, option: str, text: str) -> None:
    run = Run(MATTERMOST, option, tmp_path)
    done = COMPILERS[compiler](run)
    assert done.returncode != 0
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert run.tree() == {}
