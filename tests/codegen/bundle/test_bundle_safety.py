"""Does a bundle hold no secret, and does making one run and overwrite nothing of the user's?"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from kit.generating.bundles import MANIFEST, own, refusal, write
from kit.places import ROOT
from plugwright.bundle import build as bundle
from plugwright.bundle.contents import PRIVATE, USELESS, Choice
from plugwright.problems import GenerationError

_ALL = Choice()
PROGRAM = {"plugin.json", "plugin.py", "requirements.txt"}

DOCS = ROOT / "docs" / "bundle.md"


def made(folder: Path, choice: Choice = _ALL) -> bundle.Bundle:
    out = folder.parent / "made.tar.gz"
    return bundle.make(folder, out, choice, bundle.Target(), lambda text: None)


def command(*arguments: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "plugwright", "bundle"] + [str(a) for a in arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


SECRETS = (
    "prod.env PROD.ENV .env credentials aws/Credentials credentials.json secrets.toml "
    "client_secret pip.conf tls/server.key tls/server.pem id_rsa id_ed25519.pub "
    "my-service-account-1.json kubeconfig.yaml terraform.tfstate.backup data.db "
    "data.db-wal users.sqlite3 store.SQLite token.json bot-token api_key.txt passwords.txt "
    "private-key.asc prod.env~ tls/server.pem.bak id_rsa.old data.db.orig"
)


def test_secrets_and_databases_stay_out_and_are_listed(plugin: Path) -> None:
    for name in SECRETS.split():
        write(plugin / name, "secret")
    code = {"secrets.py", "credentials.py", "secret/__init__.py", "env.py", "keys.py"}
    code |= {"token.js", "reset_password.html", "tokenizer.json"}
    for name in code:
        write(plugin / name)
    done = made(plugin)
    assert own(done.path) == {*PROGRAM, *code}
    assert set(done.left_out) == set(SECRETS.split())


def test_a_link_to_a_secret_is_a_secret(plugin: Path) -> None:
    write(plugin / ".env", "TOKEN=1")
    write(plugin / "tests" / "data.txt", "x")
    for link, target in (
        ("env_link", ".env"),
        ("again", "env_link"),
        ("t", "tests/data.txt"),
    ):
        (plugin / link).symlink_to(target)
    done = made(plugin)
    assert own(done.path) == PROGRAM
    assert set(done.left_out) == {".env", "tests", "env_link", "again", "t"}


def test_what_somebody_asks_for_comes_in(plugin: Path) -> None:
    for name in ("ca.pem", "own.pem", "tests/a.txt", "tests/b.txt", "x/prod.env"):
        write(plugin / name)
    choice = Choice(("tests/b.*", "own.pem"), ("ca.pem", "own.pem", "tests", "x/*.env"))
    with pytest.raises(GenerationError, match=r"'own\.pem' names nothing that is left out"):
        made(plugin, choice)
    done = made(plugin, choice._replace(include=("ca.pem", "tests", "x/*.env")))
    assert own(done.path) == {*PROGRAM, "ca.pem", "tests/a.txt", "x/prod.env"}


def test_the_documentation_lists_what_stays_out() -> None:
    listed = set(DOCS.read_text().replace("|", " ").split())
    shown = {*USELESS, *PRIVATE} - {"*.py[co]"} | {"*.pyc", "*.pyo"}
    assert {f"`{name}`" for name in shown} - {"`.*`"} <= {w.strip(",") for w in listed}


def test_the_command_says_what_it_left_out(plugin: Path, tmp_path: Path) -> None:
    write(plugin / "prod.env")
    write(plugin / "__pycache__" / "x.pyc")
    done = command("one", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["left out: prod.env"]
    done = command("one", "--include", "*.env", "--out", "two.tar.gz", cwd=tmp_path)
    assert done.stdout.count("\n") == 1
    assert "prod.env" in own(tmp_path / "two.tar.gz")


def test_the_command_says_which_modules_hide_those_of_python(plugin: Path, tmp_path: Path) -> None:
    for name in ("queue.py", "http/__init__.py", "mine/json.py", "types.txt", "own.py"):
        write(plugin / name)
    done = command("one", cwd=tmp_path)
    assert done.stdout.splitlines()[1:] == [
        "hides a module of Python, so rename it: http, queue.py"
    ]


@pytest.mark.parametrize("where", ["one", "."])
def test_no_code_of_the_folder_runs(plugin: Path, tmp_path: Path, where: str) -> None:
    evil = f"import os; os.mkdir({str(tmp_path / 'ran')!r})\n"
    for name in ("pip", "sitecustomize", "json", "compileall", "optparse"):
        write(plugin / f"{name}.py", evil)
    folder = "." if where == "one" else "one"
    out = tmp_path / "x.tar.gz"
    clean = {"PYTHONPATH": ""} if where == "one" else {}
    done = command(folder, "--out", out, cwd=tmp_path / where, **clean)
    assert (done.returncode, done.stderr) == (0, "")
    assert out.exists()
    assert not (tmp_path / "ran").exists()


def test_pip_does_not_mind_the_path_of_the_user(
    plugin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(plugin / "pip.py", f"import os; os.mkdir({str(tmp_path / 'ran')!r})\n")
    monkeypatch.setenv("PYTHONPATH", str(plugin))
    monkeypatch.chdir(plugin)
    made(plugin)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("one/plugin.json", "is a file of the plugin"),
        ("one/../one/plugin.py", "is a file of the plugin"),
        ("one/linked.py", "is a file of the plugin"),
        ("one/.env", "exists and is no archive"),
        ("notes.txt", "exists and is no archive"),
        ("pipe", "exists and is no archive"),
        ("folder", "exists and is no archive"),
        ("link.tar.gz", "exists and is no archive"),
        ("/dev/null", "exists and is no archive"),
    ],
)
def test_nothing_but_an_archive_is_overwritten(
    plugin: Path, tmp_path: Path, out: str, said: str
) -> None:
    write(tmp_path / "notes.txt", "mine")
    write(plugin / ".env", "mine")
    (plugin / "linked.py").symlink_to("plugin.py")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.tar.gz").symlink_to("notes.txt")
    before = {p: p.lstat() for p in (*tmp_path.rglob("*"), Path("/dev/null"))}
    with pytest.raises(GenerationError, match=said):
        bundle.make(plugin, tmp_path / out, Choice(), bundle.Target(), lambda text: None)
    for path, status in before.items():
        now = path.lstat()
        assert (now.st_ino, now.st_size) == (status.st_ino, status.st_size)


def test_a_planted_link_beside_the_archive_is_not_followed(plugin: Path, tmp_path: Path) -> None:
    victim = write(tmp_path / "victim", "mine")
    (tmp_path / "made.tar.gz.partial").symlink_to(victim)
    made(plugin)
    assert victim.read_text() == "mine"
    assert (tmp_path / "made.tar.gz.partial").is_symlink()


def test_links_that_go_round_in_circles_are_named(plugin: Path) -> None:
    (plugin / "self").symlink_to("self")
    (plugin / "a").symlink_to("b")
    (plugin / "b").symlink_to("a")
    names = [line.partition(":")[0] for line in refusal(plugin)]
    assert names == ["a", "b", "self"]
    (plugin / "plugin.json").unlink()
    (plugin / "plugin.json").symlink_to("plugin.json")
    (line,) = refusal(plugin)
    assert line.startswith("plugin.json: cannot be read: ")


def test_a_socket_is_named(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plugin)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock")
        assert refusal(plugin) == ["sock: neither a file nor a folder: remove it, or exclude it"]


@pytest.mark.parametrize("value", ["1" * 5000, "-" + "9" * 400, "1e999", "NaN", "[Infinity]"])
def test_numbers_that_no_server_reads(plugin: Path, value: str) -> None:
    text = json.dumps({**MANIFEST, "props": "?"}).replace('"?"', value)
    write(plugin / "plugin.json", text)
    (line,) = refusal(plugin)
    assert line.startswith("plugin.json: no JSON that a server reads: ")
    assert len(line) < 200


@pytest.mark.parametrize("key", ["id", "version", "min_server_version"])
def test_a_line_break_or_a_blank_is_part_of_a_value(plugin: Path, key: str) -> None:
    for value in ("1.0.0\n", " 1.0.0", "1.0.0 "):
        write(plugin / "plugin.json", json.dumps({**MANIFEST, key: value}))
        (line,) = refusal(plugin)
        assert f"{key} {value!r} must be" in line


@pytest.mark.parametrize("path", ["a\0b.py", "\ud800.py", "plugin.py\n"])
def test_a_path_that_no_file_has(plugin: Path, path: str) -> None:
    value = {**MANIFEST, "server": {"executable": path, "runtime": "python"}}
    write(plugin / "plugin.json", json.dumps(value))
    (line,) = refusal(plugin)
    assert "is missing" in line


_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
from plugwright.bundle.archive import Item, write
from plugwright.problems import GenerationError
from pathlib import Path
import os
try:
    write(Path("x.tar.gz"), "top", [Item("a", os.urandom(100_000), False)])
except GenerationError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_archive(tmp_path: Path) -> None:
    write(tmp_path / "x.tar.gz", "old")
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == (
        "x.tar.gz: cannot be written: File too large\n",
        "",
    )
    assert [p.name for p in tmp_path.iterdir()] == ["x.tar.gz"]
    assert (tmp_path / "x.tar.gz").read_text() == "old"


def test_no_room_for_what_pip_installs(plugin: Path, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    done = subprocess.run(
        [sys.executable, "-m", "plugwright", "bundle", "one"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.tar.gz"))


def test_the_archive_is_as_readable_as_any_file(plugin: Path, tmp_path: Path) -> None:
    path = made(plugin).path
    write(tmp_path / "other")
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode
    assert tarfile.is_tarfile(path)
