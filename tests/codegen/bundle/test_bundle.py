"""Does `plugwright bundle` make what a server can install, and refuse what it would refuse?"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from kit.generating.bundles import MANIFEST, make, members, own, refusal, write
from kit.places import ROOT
from plugwright.bundle import archive, manifest
from plugwright.bundle import build as bundle


def test_an_archive_says_nothing_of_the_machine(plugin: Path, tmp_path: Path) -> None:
    write(plugin / "lib" / "words.txt")
    write(plugin / "tool.sh").chmod(0o775)
    found = members(make(plugin, tmp_path / "one.tar.gz"))
    modes = {name.partition("/")[2]: member.mode for name, member in found.items()}
    assert modes["plugin.py"] == modes["venv/site-packages/fake_sdk/__init__.py"] == 0o644
    assert modes["tool.sh"] == modes["lib"] == modes["venv/bin/python"] == 0o755
    assert list(found) == sorted(found)
    for member in found.values():
        assert member.isfile() or member.isdir(), member.name
        assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
        assert member.mtime == archive.MTIME
        assert member.name.partition("/")[0] == "com.example.one"
    packed = (tmp_path / "one.tar.gz").read_bytes()
    assert packed[4:8] == bytes(4), "gzip has no time"
    assert os.fsencode(tmp_path) not in gzip.decompress(packed)


def test_the_same_plugin_gives_the_same_bytes(plugin: Path, tmp_path: Path) -> None:
    write(plugin / "b.txt")
    write(plugin / "a.txt")
    first = make(plugin, tmp_path / "first.tar.gz").read_bytes()
    copy = tmp_path / "copy"
    for name in ("a.txt", "plugin.py", "b.txt", "requirements.txt", "plugin.json"):
        write(copy / name, (plugin / name).read_text()).chmod(0o600)
        os.utime(copy / name, (1, 1))
    assert make(copy, tmp_path / "second.tar.gz").read_bytes() == first


def test_what_is_left_out(plugin: Path, tmp_path: Path) -> None:
    junk = (
        ".git/config .env .venv/pyvenv.cfg __pycache__/plugin.pyc plugin.pyo one.tar.gz "
        "dist/one.whl one.egg-info/PKG-INFO tests/test_a.py test_b.py b_test.py conftest.py venv/x "
        "myenv/pyvenv.cfg myenv/bin/x web/node_modules/x/index.js web/.cache/x"
    )
    for name in junk.split():
        write(plugin / name)
    write(plugin / "data" / "large.bin")
    write(plugin / "notes.md")
    kept = {"web/dist/main.js", "latest.py", "contest.py"}
    for name in kept:
        write(plugin / name)
    made = make(plugin, tmp_path / "one.tar.gz", "data/*.bin", "notes.*")
    assert own(made) == {"plugin.json", "plugin.py", "requirements.txt", *kept}


def test_links(plugin: Path, tmp_path: Path) -> None:
    write(plugin / "real.txt", "real")
    (plugin / "link.txt").symlink_to("real.txt")
    found = members(make(plugin, tmp_path / "one.tar.gz"))
    assert found["com.example.one/link.txt"].isfile()
    assert found["com.example.one/link.txt"].size == 4
    secret = write(tmp_path / "secret")
    (plugin / "out").symlink_to(secret)
    (plugin / "up").symlink_to("../secret")
    (plugin / "nowhere").symlink_to("missing")
    (plugin / "folder").symlink_to(plugin)
    os.mkfifo(plugin / "pipe")
    said = refusal(plugin)
    link = "a link to a folder, or out of the plugin's folder: copy what it means, or exclude it"
    wrong = [f"{name}: {link}" for name in ("folder", "nowhere", "out")]
    pipe = "pipe: neither a file nor a folder: remove it, or exclude it"
    assert said == [*wrong, pipe, f"up: {link}"]


def test_the_start_script(plugin: Path, tmp_path: Path) -> None:
    """From any folder, with spaces in its path; output that is printed early keeps its order."""
    home = tmp_path / "a b"
    with tarfile.open(make(plugin, tmp_path / "one.tar.gz")) as archive:
        archive.extractall(home, filter="data")
    folder = home / "com.example.one"
    python = folder / "venv" / "bin" / "python"
    done = run([python, "plugin.py", "x"], cwd=folder)
    assert done.stdout == f"before plugin.py x\n7 __main__ {folder}\n"
    done = run([python, folder / "plugin.py"], cwd=tmp_path)
    assert done.stdout == f"before {folder}/plugin.py\n7 __main__ {folder}\n"
    done = run([python, "-c", "import fake_sdk; print(fake_sdk.VALUE)"], cwd=tmp_path)
    assert done.stdout == "7\n"


def run(command: list[str | Path], cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_start_script_wants_the_right_python(tmp_path: Path) -> None:
    script = write(tmp_path / "bin" / "python", bundle.start_script("fake_sdk", "3.99"))
    script.chmod(0o755)
    done = run([script, "plugin.py"], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    record = json.loads(done.stderr)
    assert record["@level"] == "error"
    assert "Python 3.99" in record["@message"]


@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        (
            "plugwright_runtime\n",
            "it must bring one SDK to start the plugin with, and brings no SDK",
        ),
        (
            "fake_sdk\nother_sdk\n",
            "it must bring one SDK to start the plugin with, and brings fake_sdk and other_sdk",
        ),
        ("nobody_has_this\n", "pip cannot install it: "),
    ],
)
def test_requirements_that_do_not_do(plugin: Path, requirements: str, said: str) -> None:
    write(plugin / "requirements.txt", requirements)
    (line,) = refusal(plugin)
    assert line.startswith(f"requirements.txt: {said}")


def test_every_problem_is_named_at_once(plugin: Path) -> None:
    text = """\
{
  "id": "a b",
  "name": " ",
  "version": "1.2",
  "min_server_version": "v10.0.0",
  "homepage_url": "example.com",
  "icon_path": "../icon.svg",
  "server": {"executables": {
    "linux": "plugin.py",
    "linux-amd64": "server/plugin"
  }, "executable": ["plugin.py"]},
  "webapp": {}
}
"""
    write(plugin / "plugin.json", text)
    assert refusal(plugin) == [
        "plugin.json:2:9: id 'a b' must be 3 to 190 of the characters a-z A-Z 0-9 . _ -",
        "plugin.json:3:11: name is missing",
        "plugin.json:4:14: version '1.2' must be a version such as 1.2.3",
        "plugin.json:5:25: min_server_version 'v10.0.0' must be a version such as 1.2.3",
        "plugin.json:6:19: homepage_url must start with http:// or https://",
        "plugin.json:7:16: ../icon.svg must be a path inside the plugin's folder, with /",
        "plugin.json:9:14: platform 'linux' must be like linux-amd64",
        "plugin.json:10:20: server/plugin must end in .py: by that a server knows Python",
        "plugin.json:11:20: server.executable must be a string",
        "plugin.json:12:13: webapp.bundle_path is missing",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "plugin.json:1:1: no JSON: expecting value"),
        ('{"id": 1,\n "id"}', "plugin.json:2:6: no JSON: expecting ':' delimiter"),
        ("[" * 100_000, "plugin.json: no JSON: nested too deeply"),
        ("\xff", "plugin.json: cannot be read: "),
    ],
    ids=["empty", "broken", "deep", "no text"],
)
def test_what_is_no_json(plugin: Path, text: str, said: str) -> None:
    (plugin / "plugin.json").write_text(text, encoding="latin-1")
    (line,) = refusal(plugin)
    assert line.startswith(said)


def test_what_is_no_manifest(plugin: Path) -> None:
    write(plugin / "plugin.json", "[]")
    assert refusal(plugin)[0] == "plugin.json:1:1: a manifest is a JSON object"
    (plugin / "plugin.json").unlink()
    assert refusal(plugin) == ["plugin.json: missing: a plugin has its manifest there"]


def test_files_that_are_named_but_not_there(plugin: Path) -> None:
    server = {"executables": {"linux-amd64": "test_me.py", "linux-arm64": "other.py"}}
    webapp = {"bundle_path": "main.js"}
    value = {**MANIFEST, "server": server, "webapp": webapp}
    write(plugin / "plugin.json", json.dumps(value, indent=1))
    write(plugin / "test_me.py")
    (plugin / "requirements.txt").unlink()
    assert refusal(plugin) == [
        "plugin.json:7:19: test_me.py is no file, or is left out: --include takes it in",
        "plugin.json:8:19: other.py is missing",
        "plugin.json:12:18: main.js is missing",
        "requirements.txt: missing: name the SDK there, and whatever else the plugin imports",
    ]


def test_what_a_manifest_says(plugin: Path) -> None:
    server = {"runtime": "python", "executables": {"linux-amd64": "./bin//run"}}
    value = {
        **MANIFEST,
        "version": "1.0.0-rc.1+5",
        "server": server,
        "props": {"a": [1, {}]},
    }
    write(plugin / "plugin.json", json.dumps(value))
    described = manifest.read(plugin / "plugin.json")
    assert (described.id, described.version) == ("com.example.one", "1.0.0-rc.1+5")
    assert [named.path for named in described.programs] == ["bin/run"]


def command(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "plugwright", "bundle", *arguments], cwd)


def test_the_command(plugin: Path, tmp_path: Path) -> None:
    done = command("one", "--exclude", "requirements.*", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("one/requirements.txt: missing: ")
    done = command("one", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "com.example.one-1.2.3.tar.gz: 0.0 MiB\n"
    assert [p.name for p in tmp_path.glob("com*")] == ["com.example.one-1.2.3.tar.gz"]
    done = command("one", "--out", "no/such.tar.gz", cwd=tmp_path)
    assert done.stderr == "no/such.tar.gz: cannot be written: No such file or directory\n"


def test_another_python_and_platform(plugin: Path, tmp_path: Path) -> None:
    """pip is asked for wheels of that server, and the start script for that Python."""
    target = ["--python-version", "3.99", "--platform", "linux_s390x"]
    done = command("one", *target, "--out", "one.tar.gz", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        script = archive.extractfile("com.example.one/venv/bin/python")
        assert script is not None
        assert b"python3.99" in script.read()
    assert command("one", "--python-version", "4", cwd=tmp_path).returncode == 2


def test_other_commands_do_not_load_it() -> None:
    code = "import plugwright.commands.cli, sys; print('plugwright.bundle.build' in sys.modules)"
    assert run([sys.executable, "-c", code], ROOT).stdout == "False\n"


@pytest.mark.parametrize(
    ("name", "fits"), [("a" * 2, False), ("a" * 3, True), ("a" * 190, True), ("a" * 191, False)]
)
def test_an_id_is_as_long_as_a_server_takes(plugin: Path, name: str, fits: bool) -> None:
    write(plugin / "plugin.json", json.dumps({**MANIFEST, "id": name}))
    if fits:
        assert manifest.read(plugin / "plugin.json").id == name
    else:
        assert "plugin.json:1:8: " in refusal(plugin)[0]


@pytest.mark.parametrize("path", ["..\\plugin.py", "bin\\plugin.py", "/plugin.py", "../plugin.py"])
def test_a_path_that_a_server_would_read_in_another_way(plugin: Path, path: str) -> None:
    write(plugin / "plugin.json", json.dumps({**MANIFEST, "server": {"executable": path}}))
    assert any(
        line.endswith(f"{path} must be a path inside the plugin's folder, with /")
        for line in refusal(plugin)
    )


def test_where_a_requirement_was_on_this_machine_stays_here(
    plugin: Path, wheels: Path, tmp_path: Path
) -> None:
    wheel_uri = (wheels / "fake_sdk-1.0-py3-none-any.whl").as_uri()
    write(plugin / "requirements.txt", f"fake_sdk @ {wheel_uri}\nplugwright_runtime\n")
    found = members(make(plugin, tmp_path / "one.tar.gz"))
    assert any(name.endswith("fake_sdk/__init__.py") for name in found)
    assert not any(name.endswith("direct_url.json") for name in found)
