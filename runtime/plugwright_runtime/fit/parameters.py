"""How is a typed function called with arguments that come from outside?

In: the function, and positional and named arguments as plain values. Out: arguments that fit its
annotations, or `Misfit`, which says what a caller did wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .annotations import Unresolved, hints_of, signature_of
from .fitting import Fit, Misfit, fit_of


class Parameters:
    """The parameters of a function, checked: `bind` makes the arguments of a call.

    `given`: parameters that the caller of `bind` supplies itself, by the class they are annotated
    with; they are not part of what is called from outside.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        leaves: tuple[type, ...] = (),
        given: tuple[type, ...] = (),
        bound: bool = True,
    ) -> None:
        hints = hints_of(function)
        parameters = list(signature_of(function).parameters.values())[bound:]
        self.supplied: dict[str, type] = {}
        self._fits: dict[str, Fit] = {}
        kept: list[inspect.Parameter] = []
        for parameter in parameters:
            hint = hints.get(parameter.name, Any)
            supplied = _one_of(given, hint)
            if supplied is not None:
                self.supplied[parameter.name] = supplied
            else:
                self._fits[parameter.name] = fit_of(hint, leaves)
                kept.append(parameter)
        self._order = parameters
        self._signature = inspect.Signature(kept)

    def bind(
        self, args: Sequence[Any], kwargs: Mapping[str, Any], given: Mapping[type, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """The arguments to call the function with; raises `Misfit`."""
        try:
            found = self._signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise Misfit("", str(error)) from None
        positional: list[Any] = []
        named: dict[str, Any] = {}
        open_ended = False  # a default was left out: what follows goes by name
        for parameter in self._order:
            name, kind = parameter.name, parameter.kind
            if name in self.supplied:
                value = given[self.supplied[name]]
            elif name not in found:
                open_ended = True
                continue
            elif kind is parameter.VAR_POSITIONAL:
                fit = self._fits[name]
                positional += [fit(v, f"{name}[{i}]") for i, v in enumerate(found[name])]
                continue
            elif kind is parameter.VAR_KEYWORD:
                named |= {k: self._fits[name](v, k) for k, v in found[name].items()}
                continue
            else:
                value = self._fits[name](found[name], name)
            if kind is parameter.KEYWORD_ONLY or (
                open_ended and kind is parameter.POSITIONAL_OR_KEYWORD
            ):
                named[name] = value
            else:
                positional.append(value)
        return positional, named


def _one_of(classes: tuple[type, ...], hint: Any) -> type | None:
    """The class that `hint` means; by its name if it is not there when the program runs."""
    if isinstance(hint, Unresolved):
        return next((cls for cls in classes if hint.names(cls)), None)
    return next((cls for cls in classes if hint is cls), None)
