"""Is everything of an SDK in its site, and does the site build without a warning?"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from kit.places import ROOT
from plugwright import generation
from plugwright.output.source import SourceFile
from plugwright.plan.model_nodes import MessagePlan, ModelsPlan
from plugwright.plan.nodes import Plan
from plugwright.reference import site
from plugwright.reference.places import parts, walked

SYSTEMS = ("mattermost", "clapshot", "openrun")
CASES = ROOT / "tests" / "cases"
LANDMINES = [c.name for c in sorted(CASES.iterdir()) if (c / "plugwright.toml").exists()]


@cache
def made(config: Path) -> tuple[Plan, dict[str, str]]:
    job = generation.configured(config, (), None)
    plan = generation.plan(job, lambda stage: None)
    return plan, {file.path: file.text for file in site.files(plan, job.settings)}


def anchors(pages: dict[str, str]) -> set[str]:
    """What links can lead to: headings and rows, with their pages."""
    return {
        f"{path}#{anchor}"
        for path, text in pages.items()
        for anchor in re.findall(r'\{ #(\S+) \}|<a id="([^"]+)">', text)
        for anchor in anchor
        if anchor
    }


@pytest.mark.parametrize("system", SYSTEMS)
def test_everything_has_a_place(system: str) -> None:
    plan, pages = made(ROOT / "proto" / system)
    found = {anchor.partition("#")[2] for anchor in anchors(pages)}
    assert plan.methods
    wanted = {method.name for method in plan.methods}
    for module in plan.modules:
        if isinstance(module.content, ModelsPlan):
            for path, node in walked(module.content):
                if isinstance(node, MessagePlan) and node.namespace:
                    continue
                wanted |= {path, *(f"{path}.{part}" for part in parts(node))}
    assert wanted <= found
    for hook in plan.hooks:
        assert f"# {hook.method}" in pages[f"docs/hooks/{hook.snake}.md"]


def test_the_handler_of_a_hook_can_be_copied() -> None:
    _, pages = made(ROOT / "proto" / "mattermost")
    text = pages["docs/hooks/message_will_be_posted.md"]
    assert "from mattermost_plugin import HookName, Plugin, Dismiss, Reject, hook, models" in text
    assert "    ) -> models.Post | Dismiss | Reject | None:\n" in text


def test_every_handler_on_the_site_is_one() -> None:
    """Registration checks annotations; importing the module runs it."""
    plan, pages = made(ROOT / "proto" / "mattermost")
    for hook in plan.hooks:
        (program,) = re.findall(r"```python\n(.*?)```", pages[f"docs/hooks/{hook.snake}.md"], re.S)
        names: dict[str, object] = {"__name__": "example"}
        exec(compile(program, hook.method, "exec", dont_inherit=True), names)
        plugin: object = names["MyPlugin"]
        assert hook.method in plugin.implemented_hooks()  # type: ignore[attr-defined]


def test_a_call_says_what_it_takes_gives_and_raises() -> None:
    _, pages = made(ROOT / "proto" / "mattermost")
    text = pages["docs/calls/plugin_api/posts.md"]
    _, _, post = text.partition("## `create_post` ")
    post = post.partition("\n## ")[0]
    assert "result = client.create_post(post)" in post
    assert "result = await client.create_post(post)" in post
    assert "**Returns** [`models.Post`](../../models/post.md#Post)" in post
    assert "- [ValidationError](../../errors.md#ValidationError) if the post is empty" in post
    assert "[MessageWillBePosted](../../hooks/message_will_be_posted.md) may change" in post


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_site_builds_without_a_dead_link(system: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "plugwright", "docs", str(ROOT / "proto" / system)]
    done = subprocess.run(
        [*command, "--out", str(tmp_path), "--build"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (index,) = tmp_path.glob("*/site/index.html")
    assert "http" not in re.sub(r"https?://(zensical\.org|www\.w3\.org)", "", _fetched(index))


def _fetched(page: Path) -> str:
    """The addresses that a page loads by itself."""
    return " ".join(re.findall(r'(?:src|<link[^>]* href)="([^"]*)"', page.read_text()))


@pytest.mark.parametrize("case", LANDMINES)
def test_links_of_any_protos_lead_somewhere(case: str) -> None:
    _, pages = made(CASES / case)
    known = {path for path in pages if path.endswith(".md")} | anchors(pages)
    for path, text in pages.items():
        if path.endswith(".md"):
            for target in re.findall(r"\]\(([^)\s]+\.md(?:#[^)\s]+)?)\)", text):
                page, _, anchor = target.partition("#")
                full = Path(path).parent.joinpath(page)
                found = str(full.resolve().relative_to(Path.cwd()))
                assert (f"{found}#{anchor}" if anchor else found) in known, (path, target)


def test_files_of_others_stay(tmp_path: Path) -> None:
    config = CASES / LANDMINES[0]
    job = generation.configured(config, (), None)
    (tmp_path / job.settings.sdk.package / "docs").mkdir(parents=True)
    mine = tmp_path / job.settings.sdk.package / "docs" / "index.md"
    mine.write_text("mine")
    command = [sys.executable, "-m", "plugwright", "docs", str(config), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1
    assert "index.md: exists and was not generated" in done.stderr
    assert mine.read_text() == "mine"


def test_the_same_bytes_every_time() -> None:
    config = ROOT / "proto" / "openrun"
    job = generation.configured(config, (), None)
    again = site.files(generation.plan(job, lambda stage: None), job.settings)
    assert again == tuple(SourceFile(p, t) for p, t in made(config)[1].items())
