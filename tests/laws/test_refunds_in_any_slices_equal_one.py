"""M5, the line law: facts add up to the value of what remains.

Hence refunds in any slices and in any order end where one refund ends, and where no net is left, everybody
has exactly nothing.  A single share may rise on the way: that is correct.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import permutations, product
from random import Random

import pytest
from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.laws.failing import assert_fails_somewhere

from distcore import engine
from distcore.commission import (
    Accrual,
    Cancellation,
    Correction,
    FixedPerOrder,
    FixedPerUnit,
    Lineage,
    Percent,
    Plan,
    Refund,
    RefundLine,
    Reward,
    Rule,
    Sale,
    Scope,
    Seat,
    Share,
    SkuIn,
    Standing,
    Upline,
    base_refusal,
    calculate,
    correct,
    left_of,
    share_of,
    sums_of,
    whole,
)
from distcore.kernel import ComponentId, MemberId, Rate, Rounding, RuleId
from distcore.ports import Store
from distcore.testing.builders import Shop, a_chain, a_line, a_plan, a_refund, a_sale
from distcore.testing.worlds import FORMULAS, drawn, random_lineage, random_plan, random_sale

LINEAGE = Lineage(MemberId("buyer"), None, [Seat(MemberId(id), "", Standing.ACTIVE) for id in ("ann", "ben")])


Sums = dict[Share, int]
Law = Callable[[Iterable[Accrual], Mapping[Share, int]], Iterable[Accrual]]


def posted(
    plan: Plan, sale: Sale, lineage: Lineage, corrections: Sequence[Correction], law: Law = correct
) -> Sums:
    """Post a sale and its corrections one by one; return what the facts add up to."""
    sums = sums_of(calculate(plan, sale, whole(sale), lineage, FORMULAS))
    for number in range(1, len(corrections) + 1):
        now = calculate(plan, sale, left_of(sale, corrections[:number]), lineage, FORMULAS)
        for share, delta in sums_of(law(now, sums)).items():
            sums[share] = sums.get(share, 0) + delta
    return {share: amount for share, amount in sums.items() if amount}


def slices(units: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to give back some of the units in one or more parts, in every order."""
    if units:
        for first in range(1, units + 1):
            yield (first,)
            for others in slices(units - first):
                yield (first, *others)


def rules(pays: str, scope: Scope, rounding: Rounding) -> Plan:
    both: dict[str, tuple[Reward, Reward]] = {
        "percent": (Percent(Rate.parse("12.5%")), Percent(Rate.parse("3.3333%"))),
        "per unit": (FixedPerUnit(77), Percent(Rate.parse("5%"))),
        "per order": (FixedPerOrder(501), Percent(Rate.parse("1%"))),
    }
    rewards = both[pays.removesuffix(", budget")]
    component = Upline(
        ComponentId("levels"),
        tuple(Rule(RuleId(f"{level}"), reward, (level,)) for level, reward in enumerate(rewards, 1)),
    )
    budget = "12.5%" if pays.endswith("budget") else None
    return a_plan(component, rounding_scope=scope, rounding=rounding, budget=budget)


PAYS = ["percent", "per unit", "per order", "percent, budget", "per unit, budget", "per order, budget"]


@pytest.mark.parametrize("units", range(1, 7))
@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("pays", PAYS)
def test_all_sequences_of_partial_refunds_equal_one_refund(pays: str, scope: Scope, units: int) -> None:
    """Exhaustive up to six units, in all rounding modes, beside a second line that stays."""
    each = 335
    sale = a_sale(lines=[a_line("1", units=units, net_minor=each * units + 1), a_line("2", net_minor=999)])

    def back(parts: Sequence[int]) -> list[Refund]:
        cents = [1 if sum(parts) == units and number == 0 else 0 for number in range(len(parts))]
        amounts = [part * each + cent for part, cent in zip(parts, cents, strict=True)]
        return [
            a_refund(f"{number}", lines={"1": line})
            for number, line in enumerate(zip(parts, amounts, strict=True))
        ]

    for rounding in Rounding:
        plan = rules(pays, scope, rounding)
        at_once = {total: posted(plan, sale, LINEAGE, back([total])) for total in range(1, units + 1)}
        for parts in slices(units):
            assert posted(plan, sale, LINEAGE, back(parts)) == at_once[sum(parts)]


@pytest.mark.parametrize(("scope", "rounding", "pays"), list(product(Scope, Rounding, PAYS)))
def test_any_order_of_refunds_ends_at_the_same_sums(scope: Scope, rounding: Rounding, pays: str) -> None:
    """Goods alone, money alone, both, over two lines and one: in all twenty-four orders."""
    plan = rules(pays, scope, rounding)
    sale = a_sale(lines=[a_line("1", units=3, net_minor=1001), a_line("2", units=5, net_minor=777)])
    refunds = [
        a_refund("a", lines={"1": (1, 334)}),
        a_refund("b", lines={"2": (2, 311), "1": (1, 100)}),
        a_refund("c", lines={"2": (0, 155)}),
        a_refund("d", lines={"1": (1, 567)}),
    ]
    ends = [posted(plan, sale, LINEAGE, each) for each in permutations(refunds)]
    assert ends == [ends[0]] * 24
    assert all(share[0] == "2" for share in ends[0]), "of line 1 nothing is left"


World = tuple[Plan, Sale, Lineage, list[Refund]]


def random_world(random: Random) -> World:
    """Return a sale with up to six refunds that together take no more than there is."""
    sale = random_sale(random)
    left = {line.id: [line.units, line.net_minor] for line in sale.lines}
    refunds = []
    for number in range(random.randint(1, 6)):
        parts = []
        for line, rest in left.items():
            units, net = (random.choice((0, each, random.randint(0, each))) for each in rest)
            left[line] = [rest[0] - units, rest[1] - net]
            parts.append(RefundLine(line, units, net))
        refunds.append(evolve(a_refund(f"r{number}"), lines=parts))
    return random_plan(random, formulas=True), sale, random_lineage(random), refunds


def assert_line_law(world: World, law: Law = correct) -> None:
    plan, sale, lineage, refunds = world
    end = posted(plan, sale, lineage, refunds, law)
    assert end == sums_of(calculate(plan, sale, left_of(sale, refunds), lineage, FORMULAS))
    assert end == posted(plan, sale, lineage, refunds[::-1], law)
    assert end == posted(plan, sale, lineage, [together(refunds)], law)
    for line, part in zip(sale.lines, left_of(sale, refunds), strict=True):
        if not part.net_minor:
            assert all(share[0] != line.id for share in end), "no net is left, so nobody has anything"
    assert posted(plan, sale, lineage, [*refunds, Cancellation(sale.id, sale.paid_at)], law) == {}


def together(refunds: Sequence[Refund]) -> Refund:
    lines: dict[str, RefundLine] = {}
    for part in (part for refund in refunds for part in refund.lines):
        before = lines.get(part.line, RefundLine(part.line, 0, 0))
        units, amount_minor = before.units + part.units, before.amount_minor + part.amount_minor
        lines[part.line] = RefundLine(part.line, units, amount_minor)
    return evolve(refunds[0], lines=lines.values())


@settings(max_examples=2 * settings().max_examples)
@given(drawn(random_world))
def test_the_line_law_holds_for_any_plan_and_any_refunds(world: World) -> None:
    assert_line_law(world)


def clamped(now: Iterable[Accrual], so_far: Mapping[Share, int]) -> list[Accrual]:
    """Take back, and never give: how refunds are often calculated."""
    return [accrual for accrual in correct(now, so_far) if accrual.amount_minor < 0]


def only_who_still_earns(now: Iterable[Accrual], so_far: Mapping[Share, int]) -> list[Accrual]:
    """Forget whoever earns nothing any more."""
    still = list(now)
    shares = {share_of(accrual) for accrual in still}
    return [accrual for accrual in correct(still, so_far) if share_of(accrual) in shares]


@pytest.mark.parametrize("law", [clamped, only_who_still_earns])
def test_this_law_can_fail(law: Law) -> None:
    assert_fails_somewhere(lambda random: assert_line_law(random_world(random), law))


def test_a_share_rises_where_parts_share_a_budget(new_store: Callable[[], Store]) -> None:
    """The example of the specification: fixed 50.00 and 5.00 under an order budget of 20.00."""
    fixed = [(FixedPerOrder(5000), "tea"), (FixedPerOrder(500), "milk")]
    component = Upline(
        ComponentId("fixed"),
        tuple(Rule(RuleId(sku), pays, (1,), match=SkuIn((sku,))) for pays, sku in fixed),
    )
    plan = a_plan(component, rounding_scope=Scope.ORDER, budget="20%")
    shop = Shop.open(new_store(), plan, a_chain("ann", "ben"))
    lines = [a_line("1", net_minor=5_000, sku="tea"), a_line("2", net_minor=5_000, sku="milk")]
    shop.do(engine.accrue, a_sale(buyer="ben", lines=lines))
    assert sorted(shop.shares("order 1").values()) == [182, 1818]
    posting = shop.do(engine.refund, a_refund("r1", lines={"1": (1, 5_000)}))
    assert [(fact.line, fact.amount_minor) for fact in posting.accruals] == [("2", 318), ("1", -1818)]
    assert list(shop.shares("order 1").values()) == [500]


@settings(max_examples=max(1, settings().max_examples // 5))
@given(world=drawn(random_world), seed=st.integers(0, 99))
def test_every_store_ends_at_the_same_sums(new_store: Callable[[], Store], world: World, seed: int) -> None:
    """The same goods come back in three shops: one by one, in another order, and at once."""
    plan, sale, _, refunds = world
    assume(base_refusal(plan, sale) is None)
    refunds = [evolve(each, sale=sale.id, refunded_at=sale.paid_at) for each in refunds]
    refunds = [
        evolve(each, lines=[part for part in each.lines if part.units or part.amount_minor])
        for each in refunds
    ]
    refunds = [each for each in refunds if each.lines]
    shuffled = Random(seed).sample(refunds, len(refunds))
    ends = []
    for batch in ([[each] for each in refunds], [shuffled], [[together(refunds)]] if refunds else []):
        shop = Shop.open(new_store(), plan, a_chain("ann", "ben", "cai", "buyer"), formulas=FORMULAS)
        shop.do(engine.accrue, sale, formulas=FORMULAS)
        for some in batch:
            report = shop.do(engine.refund_all, some, formulas=FORMULAS)
            assert len(report.done) == len(some)
        shop.assert_sound(formulas=FORMULAS)
        ends.append(shop.shares(sale.id))
    assert ends == [ends[0]] * len(ends)
