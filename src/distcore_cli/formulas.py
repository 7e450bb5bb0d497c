"""The formulas of the shop, by which its plans may pay: found in a module of its own, when they are needed.

The rule this file protects: a command that needs formulas has those that were asked for, or says why not.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TypeGuard

from distcore.commission import NO_FORMULAS, Formulas
from distcore.kernel import InputError, shown
from distcore_cli.settings import Settings

_HINT = "like tea_shop.commission:FORMULAS, in a module that is installed or on PYTHONPATH"


def formulas_of(settings: Settings) -> Formulas:
    """Return what `--formulas` names: functions by name and version; none where nothing is named."""
    named = settings.formulas
    if named is None:
        return NO_FORMULAS
    module, _, name = named.partition(":")
    if not module or not name:
        raise InputError.of("--formulas", f"names no mapping in a module: {shown(named)}", _HINT)
    try:
        found = getattr(import_module(module), name)
    except (Exception, SystemExit) as error:  # a module of the shop's may do anything while it is imported
        raise InputError.of(
            "--formulas", f"{shown(named)}: {type(error).__name__}: {error}", _HINT
        ) from error
    if not _are_formulas(found):
        hint = 'a mapping like {("years of service", 1): years_of_service}'
        raise InputError.of("--formulas", f"{shown(named)} holds no functions by name and version", hint)
    return found


def _are_formulas(found: object) -> TypeGuard[Formulas]:
    return isinstance(found, Mapping) and all(
        isinstance(key, tuple) and [*map(type, key)] == [str, int] and callable(formula)
        for key, formula in found.items()
    )
