"""Which rules pay a tier more than others, though they do not name it: by leaving the others out.

The one rule this file protects: what may be so is said, and only what is certain is called certain.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from distcore.commission.asked import asks_tier, gives_nothing, names_tier
from distcore.commission.implied import implies, lies_within, may_share
from distcore.commission.match import Match
from distcore.commission.plainly import NEVER, plain
from distcore.commission.plan import (
    Choice,
    Custom,
    FixedPerOrder,
    FixedPerUnit,
    Percent,
    Plan,
    Reward,
    Ruled,
)

_COMPARED_MAX: Final = 100_000
"""Times that two rules are compared, for each tier and component: with thousands of rules this takes long."""


@frozen
class Favoured:
    """A tier that is paid where others are not, and where; or, if that is not certain, may be."""

    tier: str
    where: str
    is_certain: bool


def favoured_tiers(plan: Plan, tiers: Collection[str]) -> Iterator[Favoured]:
    """Yield where some of these tiers are paid for, or may be, and others not, though nothing names them.

    It is certain where none of the others that the plan knows is paid anything by the component on these
    levels.  What a formula pays nobody knows.
    """
    others = [each for each in dict.fromkeys(("", *plan.tiers)) if each not in tiers]
    for place, component in enumerate(plan.components):
        where = f"$.components[{place}]"
        for tier in tiers:
            if isinstance(component, Custom):
                yield Favoured(tier, where, is_certain=False)
            elif others and not getattr(component, "qualified_tiers", ()):
                for index, is_certain in _Compared(component, tier, others).found():
                    yield Favoured(tier, f"{where}.rules[{index}]", is_certain)


class _Compared:
    """How the rules of a component treat a tier, and others."""

    def __init__(self, component: Ruled, tier: str, others: Sequence[str]) -> None:
        self._rules, self._tier, self._others = component.rules, tier, others
        self._nothing = {each for each, rule in enumerate(self._rules) if gives_nothing(component, rule)}
        self._in_order = component.choose is Choice.FIRST
        self._left = _COMPARED_MAX
        self._asked: dict[tuple[int, str], Match] = {}

    def found(self) -> Iterator[tuple[int, bool]]:
        """Yield the rules, by index, that favour the tier, and whether that is certain."""
        apart: dict[str, list[int]] = {other: [] for other in self._others}
        for index, rule in enumerate(self._rules):
            if not (rule.tiers or index in self._nothing or names_tier(rule, self._tier)):
                is_certain = self._favours(index, apart) if self._left > 0 else False
                if is_certain is not None:
                    yield index, is_certain
            if self._in_order and self._left > 0 and (rule.tiers or asks_tier(rule.match)):
                self._left -= len(apart)
                for other, earlier in apart.items():
                    if not implies(self._of(index, other), self._of(index, self._tier)):
                        earlier.append(index)

    def _of(self, index: int, tier: str) -> Match:
        """Return what a rule asks for besides the tier."""
        key = (index, tier)
        if key not in self._asked:
            rule = self._rules[index]
            is_named = not rule.tiers or tier in rule.tiers
            self._asked[key] = plain(rule.match, tier) if is_named else NEVER
        return self._asked[key]

    def _favours(self, index: int, apart: Mapping[str, Sequence[int]]) -> bool | None:
        """Say whether a rule favours the tier: certainly, perhaps or, None, not.

        `apart` has for each other tier the earlier rules that are for it, and may not be for this one.
        """
        less = [other for other in self._others if self._is_less(index, other, apart[other])]
        if not less or self._of(index, self._tier) == NEVER:
            return None
        if self._is_taken(index, self._tier, range(index)):
            return None
        return len(less) == len(self._others) and all(self._is_nothing(index, other) for other in less)

    def _is_less(self, index: int, other: str, earlier: Sequence[int]) -> bool:
        """Say whether another tier may be left out, or paid less by an earlier rule that is not for both."""
        if not implies(self._of(index, self._tier), self._of(index, other)):
            return True
        rule = self._rules[index]
        self._left -= len(earlier)
        return any(
            may_share(rule.levels, self._rules[each].levels)
            and not _is_as_much(self._rules[each].pays, rule.pays)
            for each in earlier
        )

    def _is_nothing(self, index: int, other: str) -> bool:
        """Say whether another tier is certainly paid nothing on the levels of a rule."""
        rules = self._rules
        self._left -= len(rules)
        zeros = sorted(self._nothing)
        return all(
            each in self._nothing
            or not may_share(rules[index].levels, rule.levels)
            or self._of(each, other) == NEVER
            or self._is_taken(each, other, [zero for zero in zeros if zero < each])
            for each, rule in enumerate(rules)
        )

    def _is_taken(self, index: int, tier: str, earlier: Sequence[int]) -> bool:
        """Say whether one of some earlier rules certainly wins wherever a rule fits."""
        self._left -= len(earlier)
        if not self._in_order:
            return False
        levels, asked = self._rules[index].levels, self._of(index, tier)
        return any(
            lies_within(levels, self._rules[each].levels) and implies(asked, self._of(each, tier))
            for each in earlier
        )


def _is_as_much(pays: Reward, less: Reward) -> bool:
    """Say whether a reward is as high as another one of its kind."""
    match pays, less:
        case Percent(rate), Percent(other):
            return rate.ppm >= other.ppm
        case (FixedPerUnit(amount), FixedPerUnit(least)) | (FixedPerOrder(amount), FixedPerOrder(least)):
            return amount >= least
        case _:
            return False
