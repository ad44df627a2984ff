"""Can the process of a plugin call these hooks itself? `[hooks.before]` against the plans of hooks.

What it calls has no arguments to make up, and no answer to hand on: the same holds for the hook
that it calls them before, which it answers where the plugin does not handle it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..problems import Problems
from ..settings.tables import Settings
from .nodes import HookPlan

_SILENT = ("void", "error")


def check(settings: Settings, plans: Mapping[str, HookPlan], problems: Problems) -> None:
    """A problem for each name that is no hook, or none that can be called like that."""
    for hook, early in settings.hooks.before.items():
        where = settings.where(f"hooks.before.{hook}")
        for name in (hook, *early):
            plan = plans.get(name)
            if plan is None:
                text = f"there is no hook {name!r}; there are: {', '.join(plans)}"
                problems.add(where, text)
            elif plan.family not in _SILENT:
                text = f"{name} answers with a value, which hooks.before has no use for"
                problems.add(where, text)
            elif name != hook and plan.arguments:
                names = ", ".join(plan.argument_names)
                text = f"{name} has arguments ({names}), so only the host can call it"
                problems.add(where, text)
        if hook in early:
            problems.add(where, f"{hook} cannot come before itself")
