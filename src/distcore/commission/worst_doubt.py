"""What is doubtful about the worst case of a plan: it may be more than what is sold brings in.

The rule this file protects: a plan that may pay more than it sells for, or than its worst case says, is never
checked without a word.
"""

from collections.abc import Iterator

from distcore.commission.asked import pays_nothing
from distcore.commission.plan import Percent, Plan
from distcore.commission.worst import Bound, NoBound, Unbounded, Worst
from distcore.kernel import PPM, Problem, Severity


def worst_doubts(plan: Plan, worst: Worst) -> Iterator[Problem]:
    """Yield warnings where one line, or a period, may be paid more than it sells for, or than is said here.

    The worst case is of sales as sold.  Of what money alone was given back for, a fixed amount stays whole.
    """
    named = (("a period", worst.period), ("one line", worst.line))
    found = [share for _, share in named if isinstance(share, Unbounded)]
    for each in dict.fromkeys(each for share in found for each in share.no_bound):
        message = f"nothing bounds what it pays of what is sold ({each.reason.value})"
        yield Problem(
            _place_of(plan, each), message, "set a budget, or ask for what bounds it", Severity.WARNING
        )
    shares = {share.ppm: name for name, share in named if isinstance(share, Bound) and share.ppm > PPM}
    for ppm, name in shares.items():
        message = f"{name} may be paid {told_share(ppm)} of what it sells for"
        yield Problem("$.components", message, "set a budget, or pay less", Severity.WARNING)
    if isinstance(worst.line, Bound) and plan.budget is None:
        yield from _larger_later(plan)


def _larger_later(plan: Plan) -> Iterator[Problem]:
    for place, component in enumerate(plan.components):
        for number, rule in enumerate(component.rules):
            if not isinstance(rule.pays, Percent) and not pays_nothing(rule.pays):
                message = "after a refund of money, or at a lower price, it may be more than the worst case"
                where = f"$.components[{place}].rules[{number}].pays.amount"
                yield Problem(where, message, "set a budget, which is of what is left", Severity.WARNING)


def _place_of(plan: Plan, of: NoBound) -> str:
    for place, component in enumerate(plan.components):
        if component.id == of.component:
            ids = [rule.id for rule in component.rules]
            where = f"$.components[{place}]"
            return f"{where}.rules[{ids.index(of.rule)}]" if of.rule in ids else where
    ids_of_periods = [each.id for each in plan.period_components]
    return f"$.period_components[{ids_of_periods.index(of.component)}]"


def told_share(ppm: int) -> str:
    """Return a share as a percentage; other than a rate it may be above the whole."""
    whole, decimals = divmod(ppm, PPM // 100)
    return f"{whole}.{decimals:04}".rstrip("0").rstrip(".") + "%"
