"""What does `plugwright breaking` compare with, what does it print, and how does it end?"""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from kit.evolution.edits import NOTES
from kit.generating.cases import descriptor_set
from kit.generating.failing import Outcome, command

FIRST = ("note.proto", "  int32 stars = 3;\n", "")
GONE = "models.note.Note.stars is gone"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the notes, generated and committed as `v1`."""
    folder = tmp_path / "checkout"
    (folder / "proto" / "notes").mkdir(parents=True)
    for file in NOTES.iterdir():
        if file.suffix in (".proto", ".toml"):
            shutil.copy(file, folder / "proto" / "notes")
    assert command(["generate"], folder).code == 0
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    git(folder, "tag", "v1")
    return folder


def git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "notes")


def edit(checkout: Path, file: str, old: str, new: str) -> None:
    path = checkout / "proto" / "notes" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def breaking(folder: Path, against: str, *words: str) -> Outcome:
    outcome = command(["breaking", "--against", against, *words], folder)
    assert outcome.before == outcome.after
    return outcome


def test_nothing_breaks_where_nothing_has_changed(checkout: Path) -> None:
    outcome = breaking(checkout, "v1")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout == "notes_sdk: since v1 (version 1.0.0) nothing has changed\n"


def test_a_field_that_is_gone_is_told_with_where_it_was(checkout: Path) -> None:
    edit(checkout, *FIRST)
    outcome = breaking(checkout, "v1")
    assert outcome.code == 1
    assert outcome.stdout.splitlines() == [
        f"proto/notes/note.proto:6:1: breaking (source): {GONE}: programs that read or set it "
        "fail; was at proto/notes/note.proto:9:3; keep it, deprecated, until a major version",
        "notes_sdk: since v1 (version 1.0.0) 1 breaking; that asks for version 2.0.0, and "
        "sdk.version is 1.0.0",
    ]


def test_what_is_new_breaks_nothing(checkout: Path) -> None:
    edit(checkout, "note.proto", "  Place place = 9;", "  Place place = 9;\n  bool done = 10;")
    outcome = breaking(checkout, "v1")
    assert outcome.code == 0
    assert "1 compatible; that asks for version 1.1.0" in outcome.stdout


def test_a_version_that_is_raised_is_enough(checkout: Path) -> None:
    edit(checkout, *FIRST)
    edit(checkout, "plugwright.toml", '"1.0.0"', '"2.0.0"')
    outcome = breaking(checkout, "v1")
    assert outcome.code == 1
    assert "; version 2.0.0 says so" in outcome.stdout


@pytest.mark.parametrize(("version", "code"), [("1.9.0", 1), ("2.0.0", 0), ("2.0.0rc1", 0)])
def test_a_gate_lets_a_version_pass_that_says_so(checkout: Path, version: str, code: int) -> None:
    edit(checkout, *FIRST)
    edit(checkout, "plugwright.toml", '"1.0.0"', f'"{version}"')
    outcome = breaking(checkout, "v1", "--unless-raised")
    assert (outcome.code, GONE in outcome.stdout) == (code, True)


def test_an_sdk_of_a_time_before_surfaces_is_planned_from_its_protos(checkout: Path) -> None:
    shutil.rmtree(checkout / "proto" / "notes" / "sdk")
    commit(checkout)
    edit(checkout, *FIRST)
    outcome = breaking(checkout, "HEAD")
    assert outcome.code == 1
    assert f"{GONE}: programs that read or set it fail; was at proto/notes/note.proto:9:3" in (
        outcome.stdout
    )


def test_an_sdk_that_was_not_there_yet_breaks_nothing(checkout: Path) -> None:
    git(checkout, "rm", "-rq", "--cached", "proto")
    git(checkout, "commit", "-qm", "nothing", "--allow-empty")
    outcome = breaking(checkout, "HEAD")
    assert outcome.code == 0
    assert outcome.stdout == "notes_sdk: is new, so there is nothing to compare\n"


@pytest.mark.parametrize("name", ["--output=x", "-h", "v1:proto", "nothing", "", "a\nb", "$(id)"])
def test_a_name_that_is_no_state_is_an_error_and_no_option_of_git(
    checkout: Path, name: str
) -> None:
    outcome = breaking(checkout, name)
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "name one" in outcome.stderr


def test_a_repository_cannot_put_files_elsewhere(checkout: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.proto"
    (checkout / "proto" / "notes" / "link.proto").symlink_to(outside)
    commit(checkout)
    (checkout / "proto" / "notes" / "link.proto").unlink()
    assert breaking(checkout, "HEAD").code == 0
    assert not outside.exists()


@pytest.mark.parametrize("folder", ["sdk", "sdk/notes_sdk", "sdk/notes_sdk/surface.txt"])
def test_another_sdk_is_compared_by_its_surface(
    checkout: Path, tmp_path: Path, folder: str
) -> None:
    shutil.copytree(checkout / "proto" / "notes" / "sdk", tmp_path / "sdk")
    edit(checkout, *FIRST)
    outcome = breaking(checkout, str(tmp_path / folder))
    assert (outcome.code, GONE in outcome.stdout) == (1, True)


def test_another_checkout_is_compared(checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(checkout, tmp_path / "other")
    edit(checkout, *FIRST)
    outcome = breaking(checkout, str(tmp_path / "other"))
    assert (outcome.code, GONE in outcome.stdout) == (1, True)


@pytest.mark.parametrize("has_surface", [True, False])
def test_a_wheel_is_compared(checkout: Path, tmp_path: Path, has_surface: bool) -> None:
    wheel = tmp_path / "notes_sdk-1.0.0-py3-none-any.whl"
    _pack(checkout / "proto" / "notes" / "sdk", wheel, has_surface)
    assert breaking(checkout, str(wheel)).code == 0
    edit(checkout, *FIRST)
    outcome = breaking(checkout, str(wheel))
    assert (outcome.code, GONE in outcome.stdout) == (1, True)


def _pack(sdk: Path, wheel: Path, has_surface: bool) -> None:
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in sorted((sdk / "notes_sdk").rglob("*")):
            if has_surface or file.name != "surface.txt":
                archive.write(file, file.relative_to(sdk))


@pytest.mark.parametrize(
    "code",
    [
        "__import__('os').system('touch ran')",
        "FILES: dict = {1: 2}",
        "FILES: dict = {'a': ((), b'no descriptor')}",
        f"FILES: dict = {'(' * 5000}{')' * 5000}",
    ],
    ids=["code", "numbers", "bytes", "nesting"],
)
def test_a_wheel_of_anything_is_an_error_and_never_run(
    checkout: Path, tmp_path: Path, code: str
) -> None:
    wheel = tmp_path / "notes.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("notes_sdk/_descriptors.py", code)
    outcome = breaking(checkout, str(wheel))
    assert outcome.code == 2
    assert "name another state of the SDK" in outcome.stderr
    assert not (checkout / "ran").exists()


def test_a_wheel_of_another_sdk_is_an_error(checkout: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other_sdk/surface.txt", "")
    outcome = breaking(checkout, str(wheel))
    assert outcome.code == 2
    assert "has no notes_sdk" in outcome.stderr


def test_a_descriptor_set_is_planned_with_todays_settings(checkout: Path, tmp_path: Path) -> None:
    protos = checkout / "proto" / "notes"
    names = [p.name for p in protos.glob("*.proto")]
    descriptor_set(protos, names, tmp_path / "old.binpb")
    assert breaking(checkout, str(tmp_path / "old.binpb")).code == 0
    edit(checkout, *FIRST)
    outcome = breaking(checkout, str(tmp_path / "old.binpb"))
    assert (outcome.code, GONE in outcome.stdout) == (1, True)


def test_an_installed_sdk_is_found_and_not_imported(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(checkout / "proto" / "notes" / "sdk", tmp_path / "site")
    (tmp_path / "site" / "notes_sdk" / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    edit(checkout, *FIRST)
    outcome = breaking(checkout, "notes_sdk")
    assert (outcome.code, GONE in outcome.stdout) == (1, True)


def test_protos_that_do_not_compile_are_an_error_and_no_break(checkout: Path) -> None:
    edit(checkout, "note.proto", "message Place {", "message Place")
    outcome = breaking(checkout, "v1")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "proto/notes/note.proto:2" in outcome.stderr


def test_json_has_all_changes_with_their_places(checkout: Path) -> None:
    edit(checkout, *FIRST)
    (sdk,) = json.loads(breaking(checkout, "v1", "--format", "json").stdout)
    (change,) = sdk.pop("changes")
    assert sdk == {
        "package": "notes_sdk",
        "version": "1.0.0",
        "against": {"name": "v1", "version": "1.0.0"},
        "needs": "2.0.0",
    }
    assert change["was"] == {"file": "proto/notes/note.proto", "line": 9, "col": 3}
    assert change["where"] == {"file": "proto/notes/note.proto", "line": 6, "col": 1}
    assert (change["severity"], change["category"]) == ("breaking", "source")
    assert change["old"].startswith("field models.note.Note.stars: int")


def test_github_shows_changes_at_their_lines(checkout: Path) -> None:
    edit(checkout, *FIRST)
    first, *_ = breaking(checkout, "v1", "--format", "github").stdout.splitlines()
    assert first == (
        "::error file=proto/notes/note.proto,line=6,col=1,title=notes_sdk%3A breaking (source)::"
        f"{GONE}: programs that read or set it fail; keep it, deprecated, until a major version"
    )


def test_markdown_is_a_table(checkout: Path) -> None:
    edit(checkout, *FIRST)
    text = breaking(checkout, "v1", "--format", "markdown").stdout
    assert "| breaking (source) | `models.note.Note.stars` is gone" in text


def test_a_format_that_there_is_not_is_refused(checkout: Path) -> None:
    outcome = breaking(checkout, "v1", "--format", "xml")
    assert outcome.code == 2
    assert "text, json, github, markdown" in outcome.stderr


def test_the_entry_of_a_change_log_is_written(checkout: Path) -> None:
    edit(checkout, *FIRST)
    edit(checkout, "note.proto", "  Place place = 9;", "  Place place = 9;\n  bool done = 10;")
    outcome = command(["changes", "--against", "v1"], checkout)
    assert outcome.code == 0
    assert outcome.stdout == (
        "## 2.0.0\n\n### Breaking\n\n"
        f"- `models.note.Note.stars` {GONE.partition(' ')[2]}: programs that read or set it fail\n"
        "\n### Added\n\n- `models.note.Note.done`\n"
    )
