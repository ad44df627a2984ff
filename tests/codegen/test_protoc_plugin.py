"""Does protoc-gen-plugwright, run by protoc, write what the CLI writes?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from plugwright.generation import Sources, configured, generated, zero_config

ROOT = Path(__file__).parents[2]
MATTERMOST = ROOT / "proto" / "mattermost"


def _quiet(text: str) -> None:
    del text


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script as pip makes it, from this interpreter."""
    path = tmp_path_factory.mktemp("bin") / "protoc-gen-plugwright"
    script = "import sys\nfrom plugwright.protoc_plugin import main\nsys.exit(main())\n"
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(0o755)
    return path


def _protoc(plugin: Path, out: Path, option: str) -> subprocess.CompletedProcess[str]:
    out.mkdir()
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{MATTERMOST}"]
    command += [f"--plugin=protoc-gen-plugwright={plugin}", f"--plugwright_out={out}"]
    command += [
        f"--plugwright_opt={option}",
        *map(str, sorted(MATTERMOST.glob("*.proto"))),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _tree(folder: Path) -> dict[str, str]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in files}


def test_zero_config_is_the_same_as_by_the_cli(plugin: Path, tmp_path: Path) -> None:
    done = _protoc(plugin, tmp_path / "out", "package=sdk")
    assert (done.returncode, done.stderr) == (0, "")
    files = tuple(sorted(MATTERMOST.glob("*.proto")))
    expected = generated(
        zero_config("sdk", tmp_path, Sources(files, (MATTERMOST,))), _quiet
    )
    assert _tree(tmp_path / "out") == {f.path: f.text for f in expected}


def test_a_config_is_the_same_as_by_the_cli(plugin: Path, tmp_path: Path) -> None:
    done = _protoc(plugin, tmp_path / "out", f"config={MATTERMOST / 'plugwright.toml'}")
    assert (done.returncode, done.stderr) == (0, "")
    expected = generated(configured(MATTERMOST, (), None), _quiet)
    assert _tree(tmp_path / "out") == {f.path: f.text for f in expected}


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("pakage=x", "unknown option 'pakage'; known are: package, config"),
        ("package=1x", "say which package to write"),
        ("config=/nowhere/plugwright.toml", "cannot be read"),
    ],
)
def test_problems_reach_protoc(
    plugin: Path, tmp_path: Path, option: str, text: str
) -> None:
    done = _protoc(plugin, tmp_path / "out", option)
    assert done.returncode == 1
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert _tree(tmp_path / "out") == {}
