"""Which files is the site of an SDK made of? Its plan and settings in; pages and mkdocs.yml out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..output.source import RECORD, SourceFile, recorded
from ..plan.nodes import Plan
from ..settings.tables import Settings
from . import around, calls, hooks, models
from .page import Page
from .places import ERRORS, found

# Nothing is fetched from elsewhere, neither by who builds it nor by who reads it.
_THEME = {
    "name": "material",
    "font": False,
    "features": ["navigation.indexes", "navigation.top", "search.highlight", "content.code.copy"],
    "palette": [
        {
            "media": "(prefers-color-scheme: light)",
            "scheme": "default",
            "toggle": {"icon": "material/weather-night", "name": "dark"},
        },
        {
            "media": "(prefers-color-scheme: dark)",
            "scheme": "slate",
            "toggle": {"icon": "material/weather-sunny", "name": "light"},
        },
    ],
}
EXTENSIONS = [
    "attr_list",
    "tables",
    {"pymdownx.highlight": {"use_pygments": True}},
    "pymdownx.superfences",
    {"pymdownx.tabbed": {"alternate_style": True}},
]


def files(plan: Plan, settings: Settings) -> tuple[SourceFile, ...]:
    """Every file, with the record of them."""
    pages = tuple(_pages(plan, settings))
    made = [SourceFile(f"docs/{page.path}", f"{page.text}\n") for page in pages]
    return recorded("docs", [*made, SourceFile("mkdocs.yml", _config(plan, settings, pages))])


def _pages(plan: Plan, settings: Settings) -> Iterator[Page]:
    places = found(plan, around.exceptions())
    yield from around.pages(plan, settings, places)
    yield from calls.pages(plan, places)
    yield from hooks.pages(plan, places)
    yield from models.pages(plan, places)


def _config(plan: Plan, settings: Settings, pages: Sequence[Page]) -> str:
    """JSON, which is YAML that nothing can break out of."""
    config: dict[str, Any] = {
        "site_name": settings.sdk.title or plan.package,
        "docs_dir": "docs",
        "site_dir": "site",
        "exclude_docs": RECORD,
        "theme": _THEME,
        "plugins": ["search"],
        "markdown_extensions": EXTENSIONS,
        "validation": {
            "links": {"not_found": "warn", "anchors": "warn", "unrecognized_links": "warn"},
            "nav": {"omitted_files": "warn", "not_found": "warn"},
        },
        "nav": list(_navigation(pages)),
    }
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def _navigation(pages: Sequence[Page]) -> Iterator[Any]:
    top = ("index.md", around.TASKS)
    last = (ERRORS, around.LAUNCH)
    yield from ({p.title: p.path} for p in pages if p.path in top)
    for folder, title in (
        ("calls", "Calls"),
        ("hooks", "Hooks"),
        ("models", "Models"),
        ("servicers", "Servicers"),
    ):
        inside = [p for p in pages if p.path.startswith(f"{folder}/")]
        if inside:
            yield {title: [{p.title: p.path} for p in inside]}
    yield from ({p.title: p.path} for p in pages if p.path in last)
