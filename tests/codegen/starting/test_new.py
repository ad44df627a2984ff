"""Does what `plugwright new` writes work at once: tests, types, generation, a bundle?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit.places import ROOT

SDKS = [str(ROOT / "generated" / system) for system in ("mattermost", "clapshot", "openrun")]
PROGRAMS = {"mattermost": "plugin.py", "clapshot": "organizer.py", "openrun": "provider.py"}


def run(*command: str, cwd: Path, paths: list[str] | None = None, code: int = 0) -> str:
    """What a command prints; `paths`: where SDKs are found, as if they were installed."""
    found = os.pathsep.join([*(SDKS if paths is None else paths), str(ROOT / "runtime")])
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": found, "MYPYPATH": found},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def plugwright(*words: str, cwd: Path, paths: list[str] | None = None, code: int = 0) -> str:
    # `plugwright` is installed where the tests run; its checkout is not on the path.
    return run("plugwright", *words, cwd=cwd, paths=paths, code=code)


def works(project: Path, paths: list[str] | None = None) -> None:
    """Its test passes, and linter, formatter and type checker find nothing."""
    text = run("pytest", "-p", "no:cacheprovider", cwd=project, paths=paths)
    assert "1 passed" in text
    run("mypy", "--cache-dir", str(project.parent / "mypy"), ".", cwd=project, paths=paths)
    run("ruff", "check", "--isolated", "--select", "E,F,I,UP,B,RUF", ".", cwd=project)
    run("black", "--check", "--quiet", ".", cwd=project)


@pytest.mark.parametrize("system", sorted(PROGRAMS))
def test_a_new_plugin_works(system: str, tmp_path: Path) -> None:
    text = plugwright("new", "plugin", system, "my-first2", cwd=tmp_path)
    project = tmp_path / "my-first2"
    assert "what to do next: my-first2/README.md" in text
    assert os.access(project / PROGRAMS[system], os.X_OK)
    works(project)
    for path in project.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".toml", ".json", ".md", ".txt", ".yml"):
            assert "fresh" not in path.read_text().lower(), path


def test_a_plugin_on_any_sdk_that_is_installed(tmp_path: Path) -> None:
    plugwright("new", "sdk", "note-kit", cwd=tmp_path)
    plugwright("generate", "note-kit/proto/note_kit", cwd=tmp_path)
    paths = [str(tmp_path / "note-kit" / "generated" / "note_kit")]
    plugwright("new", "plugin", "note_kit", "signing", cwd=tmp_path, paths=paths)
    program = (tmp_path / "signing" / "plugin.py").read_text()
    assert "def note_will_be_kept(self, note: models.Note) -> models.Note | Reject" in program
    works(tmp_path / "signing", paths)


def test_a_new_sdk_works(tmp_path: Path) -> None:
    plugwright("new", "sdk", "note-kit", cwd=tmp_path)
    project = tmp_path / "note-kit"
    plugwright("generate", cwd=project)
    plugwright("generate", "--check", cwd=project)
    assert "1 passed" in run("pytest", "-p", "no:cacheprovider", cwd=project)


def test_two_sdks_have_cookies_of_their_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        plugwright("new", "sdk", name, cwd=tmp_path)
    one, two = (
        next(
            line
            for line in (tmp_path / n / "proto" / n / "plugwright.toml").open()
            if "-value" in line
        )
        for n in ("one", "two")
    )
    assert one != two


def test_a_plugin_has_the_names_that_its_author_gives(tmp_path: Path) -> None:
    words = ("--name", "poll-bot", "--id", "org.acme.poll")
    plugwright("new", "plugin", "mattermost", "here/it is", *words, cwd=tmp_path)
    manifest = json.loads((tmp_path / "here/it is/plugin.json").read_text())
    assert manifest["id"] == "org.acme.poll"
    assert manifest["name"] == "Poll bot"
    assert "class PollBot(Plugin):" in (tmp_path / "here/it is/plugin.py").read_text()


def test_the_names_of_templates_are_names_like_any_other(tmp_path: Path) -> None:
    plugwright("new", "plugin", "mattermost", "fresh-plugin-two", cwd=tmp_path)
    assert "class FreshPluginTwo(Plugin):" in (tmp_path / "fresh-plugin-two/plugin.py").read_text()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("plugin", "mattermost", "Bad_Name"), "Bad_Name: a project is named in lower case"),
        (("plugin", "nothing", "x"), "nothing: no SDK of that name; known are mattermost, cla"),
        (("plugin", "../x", "x"), "../x: no SDK of that name"),
        (("plugin", "json", "x"), "json: is no SDK whose plugins have hooks"),
        (("plugin", "mattermost", "x", "--id", 'a"b'), 'a"b: an id has 3 to 190 lower-case'),
        (("plugin", "mattermost", "full"), "full: has something in it; name a folder that is new"),
        (("plugin", "mattermost", "full/file"), "full/file: cannot be used: Not a directory"),
        (("sdk", "json"), "json: "),
        (("sdk", "class"), "class: "),
    ],
)
def test_what_cannot_be_written_is_told_and_nothing_is(
    words: tuple[str, ...], error: str, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    assert error in plugwright("new", *words, cwd=tmp_path, code=1)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "full" / "file"]
    assert (tmp_path / "full" / "file").read_text() == "mine"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "x").symlink_to("elsewhere")
    assert "has something in it" in plugwright("new", "sdk", "x", cwd=tmp_path, code=1)
    assert not list((tmp_path / "elsewhere").iterdir())
