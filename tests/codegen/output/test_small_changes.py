"""How many files does a small change of the protos change? Those that it concerns."""

from __future__ import annotations

import shutil
from pathlib import Path

from kit.places import ROOT
from plugwright import generation
from plugwright.output.source import RECORD
from plugwright.surface.text import NAME as SURFACE

PROTOS = ROOT / "proto" / "mattermost"


def _generated(folder: Path) -> dict[str, str]:
    job = generation.configured(folder, (), None)
    return {f.path: f.text for f in generation.render(job, lambda stage: None)}


def _changed(tmp_path: Path, file: str, old: str, new: str) -> set[str]:
    """The files of the Mattermost SDK that change with `old` in a proto, lists of them aside."""
    copy = tmp_path / "mattermost"
    shutil.copytree(PROTOS, copy)
    before = _generated(copy)
    text = (copy / file).read_text()
    assert text.count(old) == 1
    (copy / file).write_text(text.replace(old, new))
    after = _generated(copy)
    paths = before.keys() | after.keys()
    changed = {
        p for p in paths if before.get(p) != after.get(p) and not p.endswith((RECORD, SURFACE))
    }
    return {path.removeprefix("mattermost_plugin/") for path in changed}


def test_deprecating_an_rpc_changes_its_client_servicer_and_descriptor(tmp_path: Path) -> None:
    head = "rpc KVGet(KVGetRequest) returns (KVGetResponse)"
    found = _changed(tmp_path, "api.proto", f"{head};", f"{head} {{ option deprecated = true; }}")
    client = "clients/plugin_api/kv_store.py"
    assert found == {"_descriptors.py", client, "servicers/plugin_api.py"}


def test_deprecating_a_message_changes_the_modules_that_mention_it(tmp_path: Path) -> None:
    head = "message EmailNotificationJson {"
    found = _changed(tmp_path, "hooks_message.proto", head, f"{head} option deprecated = true;")
    models = {"models/__init__.py", "models/hooks_message.py", "_convert/hooks_message.py"}
    client = "clients/plugin_hooks/plugin_hooks.py"  # whose parameter it is
    assert found == {"_descriptors.py", client, *models}


def test_a_field_in_capitals_changes_the_modules_of_its_file(tmp_path: Path) -> None:
    found = _changed(
        tmp_path, "team.proto", "message TeamUnread {", "message TeamUnread { string URL = 99;"
    )
    assert found == {"_descriptors.py", "models/team.py", "_convert/team.py"}
