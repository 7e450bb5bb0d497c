"""M5 and M6 with prices: refunds and price corrections, in whatever order both are legal, end alike."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.laws.failing import assert_fails_somewhere
from tests.laws.test_refunds_in_any_slices_equal_one import posted

from distcore import engine
from distcore.commission import (
    Booking,
    Correction,
    Lineage,
    Plan,
    PriceCorrection,
    RefundLine,
    Sale,
    SaleRecord,
    base_refusal,
    calculate,
    correction_refusal,
    left_of,
    sums_of,
)
from distcore.kernel import LineId
from distcore.ports import Store
from distcore.testing.auditor import remaining
from distcore.testing.builders import LATER, Shop, a_chain, a_price, a_refund
from distcore.testing.canaries import swapped
from distcore.testing.worlds import FORMULAS, drawn, random_lineage, random_plan, random_sale

World = tuple[Plan, Sale, Lineage, list[Correction], int]


def random_world(random: Random) -> World:
    """Return a sale with refunds and prices, some of which may come too late or be too low."""
    sale = random_sale(random)
    corrections: list[Correction] = []
    for number in range(random.randint(2, 7)):
        some = random.sample(sale.lines, random.randint(1, len(sale.lines)))
        at = sale.paid_at + timedelta(minutes=random.randint(0, 3))
        if random.random() < 0.5:
            nets: dict[str, int] = {
                line.id: random.choice((0, 1, line.net_minor, 2 * line.net_minor)) for line in some
            }
            corrections.append(a_price(f"p{number}", nets, sale.id, corrected_at=at))
        else:
            lines = [
                RefundLine(LineId(line.id), random.randint(0, line.units), random.randint(0, line.net_minor))
                for line in some
            ]
            lines = [each for each in lines if each.units or each.amount_minor]
            back: dict[str, tuple[int, int]] = {each.line: (each.units, each.amount_minor) for each in lines}
            if back:
                corrections.append(a_refund(f"r{number}", sale.id, back, refunded_at=at))
    return (
        random_plan(random, formulas=True),
        sale,
        random_lineage(random),
        corrections,
        random.randint(0, 2**16),
    )


def legal(plan: Plan, sale: Sale, corrections: Iterable[Correction]) -> list[Correction]:
    """Return those that may be posted in this order, each after the ones before it."""
    booking = Booking(sale, plan.id, plan.plan_version, True, 0, LATER)
    done: list[Correction] = []
    for each in corrections:
        if correction_refusal(SaleRecord(booking, (), tuple(done)), each, LATER) is None:
            done.append(each)
    return done


def assert_alike(world: World) -> None:
    plan, sale, lineage, corrections, seed = world
    done = legal(plan, sale, corrections)
    end = posted(plan, sale, lineage, done)
    left = left_of(sale, done)
    assert end == sums_of(calculate(plan, sale, left, lineage, FORMULAS))
    by_line = {line.id: (part.units, part.net_minor) for line, part in zip(sale.lines, left, strict=True)}
    assert by_line == remaining(sale, done)
    assert all(part.net_minor >= 0 and part.units >= 0 for part in left), "no more goes back than was paid"
    shuffled = Random(seed).sample(done, len(done))
    if legal(plan, sale, shuffled) == shuffled:
        assert posted(plan, sale, lineage, shuffled) == end


@settings(max_examples=2 * settings().max_examples)
@given(drawn(random_world))
def test_refunds_and_prices_in_any_order_end_alike(world: World) -> None:
    assert_alike(world)


def test_this_law_can_fail() -> None:
    def as_they_came(real: Callable[..., object], sale: Sale, prices: Iterable[PriceCorrection]) -> object:
        nets = {line.id: line.net_minor for line in sale.lines}
        for price in prices:
            nets.update((line.line, line.net_minor) for line in price.lines)
        return nets

    with swapped("distcore.commission.sale:sold_for", as_they_came):
        assert_fails_somewhere(lambda random: assert_alike(random_world(random)))


@settings(max_examples=max(1, settings().max_examples // 5))
@given(world=drawn(random_world), seed=st.integers(0, 99))
def test_every_store_ends_alike(new_store: Callable[[], Store], world: World, seed: int) -> None:
    """One by one in one shop, one by one in another order in the other; both are sound, and keep the same."""
    plan, sale, _, corrections, _ = world
    assume(base_refusal(plan, sale) is None)
    done = legal(plan, sale, corrections)
    shuffled = Random(seed).sample(done, len(done))
    assume(legal(plan, sale, shuffled) == shuffled)
    ends = []
    for order in (done, shuffled):
        shop = Shop.open(new_store(), plan, a_chain("ann", "ben", "cai", "buyer"), formulas=FORMULAS)
        shop.do(engine.accrue, sale, formulas=FORMULAS)
        for each in order:
            verb = engine.correct_price if isinstance(each, PriceCorrection) else engine.refund
            shop.do(verb, each, formulas=FORMULAS)
        shop.assert_sound(formulas=FORMULAS)
        with shop.store.begin() as tx:
            kept = dict(tx.sales.kept(sale.currency, sale.paid_at, LATER))
        net = sum(net for _, net in remaining(sale, done).values())
        assert kept == ({sale.buyer: net} if net else {})
        ends.append(shop.shares(sale.id))
    assert ends[0] == ends[1]
