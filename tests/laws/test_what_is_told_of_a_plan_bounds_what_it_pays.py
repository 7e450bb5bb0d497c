"""What compliance is told of a plan is never less than what the plan does: no sale shows more than the facts.

Each payment is one that was told, on no higher level, and to the buyer only where that was told.  Where
nobody is passed over, levels are steps of the tree.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from hypothesis import given
from tests.laws.failing import assert_fails_somewhere

from distcore.commission import (
    Accrual,
    Differential,
    FirstLevel,
    Lineage,
    Plan,
    PromoterShare,
    Region,
    Sale,
    Standing,
    calculate,
    whole,
)
from distcore.compliance import Payment, PlanFacts
from distcore.engine import plan_facts
from distcore.kernel import Currency, MemberId, ShopPolicy
from distcore.testing.canaries import swapped
from distcore.testing.worlds import drawn, random_lineage, random_plan, random_sale

POLICY = ShopPolicy(ZoneInfo("UTC"), (Currency("CNY"),))

Chain = Sequence[MemberId]


def place_of(plan: Plan, accrual: Accrual) -> str:
    for index, component in enumerate(plan.components):
        if component.id == accrual.component:
            bonus = component.same_tier if isinstance(component, Differential) else None
            if bonus is not None and bonus.id == accrual.rule:
                return f"$.components[{index}].same_tier"
            ids = [rule.id for rule in component.rules]
            return f"$.components[{index}].rules[{ids.index(accrual.rule)}]"
    raise AssertionError(f"{accrual} is of no component")


def walks_promoted(plan: Plan, accrual: Accrual) -> bool:
    (component,) = (each for each in plan.components if each.id == accrual.component)
    is_share = isinstance(component, PromoterShare)
    return is_share or getattr(component, "level_1", None) is FirstLevel.PROMOTER


def assert_told(payment: Payment, accrual: Accrual, chain: Chain, buyer: MemberId) -> None:
    assert payment.level_max is None or accrual.level <= payment.level_max
    if accrual.payee == buyer:
        assert payment.to_buyer
    elif payment.level_max is not None and not payment.passes_over:
        assert chain.index(accrual.payee) + 1 <= payment.level_max


def assert_no_more_than_told(plan: Plan, sale: Sale, lineage: Lineage) -> None:
    facts = plan_facts(plan, POLICY, with_share=False)
    told = {payment.where: payment for payment in facts.payments}
    nobody = {sale.buyer, *lineage.same_person}
    sponsors, promoted = (
        [seat.member for seat in line if seat.standing is not Standing.GONE and seat.member not in nobody]
        for line in (lineage.sponsors, lineage.promoted)
    )
    paid: tuple[set[MemberId], set[MemberId]] = (set(), set())
    for accrual in calculate(plan, sale, whole(sale), lineage):
        if any(each.id == accrual.component and isinstance(each, Region) for each in plan.components):
            assert place_of(plan, accrual) in told, "whoever is an agent stands on no level above the buyer"
            continue
        by_promoter = bool(promoted) and (walks_promoted(plan, accrual) or not sponsors)
        chain = promoted if by_promoter else sponsors
        assert_told(told[place_of(plan, accrual)], accrual, chain, sale.buyer)
        paid[by_promoter].add(accrual.payee)
    assert_no_deeper(facts, *paid)


def assert_no_deeper(facts: PlanFacts, *paid: set[MemberId]) -> None:
    if facts.depth_max is not None and not any(each.passes_over for each in facts.payments):
        assert max(map(len, paid)) <= facts.depth_max


@given(drawn(lambda random: (random_plan(random), random_sale(random), random_lineage(random))))
def test_no_sale_shows_more_than_was_told(world: tuple[Plan, Sale, Lineage]) -> None:
    assert_no_more_than_told(*world)


def test_this_law_can_fail() -> None:
    """A translation that forgets that rules without levels are for all of them tells too little."""

    def bounded(payment: Payment) -> Payment:
        return Payment(payment.where, 1, payment.to_buyer)

    with swapped("distcore.engine.comply:_payment", lambda real, *args: bounded(real(*args))):
        assert_fails_somewhere(
            lambda random: assert_no_more_than_told(
                random_plan(random), random_sale(random), random_lineage(random)
            )
        )
