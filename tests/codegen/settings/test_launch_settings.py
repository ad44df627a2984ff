"""What does `[launch]` make of an SDK, and how are its mistakes told?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kit.generating.failing import command
from kit.places import CASES

CASE = CASES / "hooks"
LAUNCH = {
    "style": '"go-plugin"',
    "cookie-key": '"COOKIE"',
    "cookie-value": '"sesame"',
    "versions": "[2, 3]",
    "log-level-envs": '["LEVEL"]',
    "id-env": '"ID"',
    "path-env": '"FOLDER"',
    "manifest": '"its.json"',
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("hooks.proto", "plugwright.toml"):
        shutil.copy(CASE / name, tmp_path / name)
    return tmp_path


def generate(project: Path, **changes: str | None) -> tuple[int, str]:
    """Exit code and stderr of a run with `[launch]`; None leaves a key out."""
    keys = {**LAUNCH, **{k.replace("_", "-"): v for k, v in changes.items()}}
    lines = [f"{key} = {value}" for key, value in keys.items() if value is not None]
    with (project / "plugwright.toml").open("a") as file:
        file.write("\n".join(["", "[launch]", *lines, ""]))
    outcome = command(["generate", "plugwright.toml"], project)
    return outcome.code, outcome.stderr


def written(project: Path, name: str) -> str:
    (found,) = project.rglob(name)
    return found.read_text()


def test_without_it_there_is_no_run_plugin(project: Path) -> None:
    assert command(["generate", "plugwright.toml"], project).code == 0
    assert not list(project.rglob("_launch.py"))
    assert "run_plugin" not in written(project, "plugin.py")


def test_run_plugin_and_its_constants(project: Path) -> None:
    assert generate(project) == (0, "")
    constants = written(project, "_launch.py")
    for text in (
        '"COOKIE"',
        '"sesame"',
        "versions=(2, 3)",
        '("LEVEL",)',
        '"ID"',
        '"FOLDER"',
        'manifest="its.json"',
    ):
        assert text in constants
    assert "def run_plugin(plugin: type[Plugin]) -> NoReturn:" in written(project, "plugin.py")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"style": '"fork"'},
            "style in [launch] must be 'go-plugin' or 'socket-argument' or "
            "'port-on-stdout', got 'fork'",
        ),
        (
            {"style": '"socket-argument"'},
            "cookie-key means nothing to style 'socket-argument'; known are: endpoint-env",
        ),
        ({"auto_mtls": '"always"'}, "auto-mtls in [launch] must be 'host' or"),
        ({"max_message_bytes": "0"}, "max-message-bytes must be a number from 1 to"),
        ({"max_status_bytes": "0"}, "max-status-bytes must be a number from 1 to"),
        (
            {"max_status_bytes": "100"},
            "max-status-bytes in [launch] must be a number from 256 to 4194304, got 100",
        ),
        ({"grace_seconds": "-1"}, "grace-seconds must be a number greater than 0"),
        ({"service": '"Hooks"'}, "Hooks is what [hooks] answers already; remove it from one"),
        ({"service": '["Api", "cases.hooks.Api"]'}, "Api is named more than once; keep one"),
        ({"service": '"*"'}, "'*' in [launch] means every service but those of [api] and [hooks]"),
        ({"service": '[""]'}, "service in [launch] names no service; remove the empty name"),
        ({"service": "[1]"}, "service must be a string, or a list of them, got [1]"),
        ({"cookie_key": None}, "[launch] needs cookie-key"),
        ({"cookie_value": '""'}, "[launch] needs cookie-value"),
        (
            {"cookies": '{ Api = ["KEY"] }'},
            'cookies of Api must be the variable and its value, as in ["KEY", "value"], got',
        ),
        ({"cookies": '{ Api = ["A=B", "x"] }'}, "cookies of Api must be the variable and its"),
        ({"cookies": '{ Nobody = ["A", "x"] }'}, "there is no service 'Nobody'; the protos have"),
        ({"versions": '["1"]'}, "versions must be a list of numbers from 0, or a table of their"),
        ({"versions": '{ x = "Api" }'}, "versions must be a list of numbers from 0, or a table of"),
        ({"versions": "{ 5 = 6 }"}, "versions must be a list of numbers from 0, or a table of"),
        ({"versions": '{ 5 = "Nobody" }'}, "there is no service 'Nobody'; the protos have: Api"),
        ({"manifest": '"a/b.json"'}, "manifest in [launch] must be the name of a file"),
        ({"versions": "[]"}, "versions must be a list of numbers from 0"),
        ({"versions": "[true]"}, "versions must be a list of numbers from 0"),
        (
            {"cookie": '"x"'},
            "unknown key 'cookie' in [launch]; did you mean cookies or cookie-key or cookie-value?",
        ),
    ],
)
def test_mistakes(project: Path, changes: dict[str, str | None], text: str) -> None:
    code, stderr = generate(project, **changes)
    assert code == 1
    assert text in stderr
    assert stderr.startswith("plugwright.toml:")


def test_a_service_that_is_not_there(project: Path) -> None:
    config = project / "plugwright.toml"
    config.write_text(config.read_text().split("[hooks")[0])
    code, stderr = generate(project, service='"Nobody"')
    assert code == 1
    assert "there is no service 'Nobody'; the protos have: " in stderr


def test_it_needs_hooks(project: Path) -> None:
    config = project / "plugwright.toml"
    kept = config.read_text().split("[hooks")[0]
    config.write_text(kept)
    code, stderr = generate(project)
    assert code == 1
    assert "[launch] starts plugins, which need hooks" in stderr
