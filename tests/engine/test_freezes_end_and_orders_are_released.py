"""Completion or payment starts the clock; release takes out what is over, at whatever hour it runs."""

from attrs import evolve
from tests.builders import CNY, NOW, Shop, day, line, month, newcomer, percent, plan, refund, sale, shop

from distcore import engine
from distcore.commission import Freeze, FreezeFrom, Plan, SaleRecord, portions_of
from distcore.engine import Completion, Released
from distcore.kernel import DayKind, Instant, SaleId, ShopPolicy, parse_instant, zone_of

NEW_YORK = ShopPolicy(zone_of("America/New_York"), (CNY,))
FROM_COMPLETION = plan(percent("10%", 1))
FROM_PAYMENT = evolve(FROM_COMPLETION, freeze=Freeze(7, FreezeFrom.PAID))
ORDER = SaleId("order 1")


def record(shop: Shop, id: SaleId = ORDER) -> SaleRecord:
    return shop.ask(lambda tx: tx.sales.find([id]))[id]


def released(shop: Shop) -> list[Instant | None]:
    """Return since when the sponsor has what was posted first."""
    of = record(shop)
    return [each.released_at for each in portions_of(of.postings[0], 0, CNY, of.thawed_at)]


def due(plan: Plan, policy: ShopPolicy, paid_at: Instant, at: Instant) -> Instant | None:
    """Return when the freeze of an order ends that nobody has completed."""
    found = shop(newcomer("ann"), newcomer("cai", "ann"), plan=plan, policy=policy)
    found.do(engine.accrue, sale(paid_at=paid_at), at=at)
    return record(found).due


def test_the_week_in_which_the_clock_goes_forward_has_an_hour_less() -> None:
    paid_at, at = parse_instant("2026-03-05T17:00:00Z"), parse_instant("2026-03-06T00:00:00Z")
    hours = evolve(NEW_YORK, days=DayKind.HOURS_24)
    assert due(FROM_PAYMENT, NEW_YORK, paid_at, at) == parse_instant("2026-03-12T16:00:00Z")
    assert due(FROM_PAYMENT, hours, paid_at, at) == parse_instant("2026-03-12T17:00:00Z")
    assert due(FROM_COMPLETION, NEW_YORK, paid_at, at) is None


def test_completion_starts_the_freeze_and_release_ends_it() -> None:
    found = shop(plan=FROM_COMPLETION)
    found.do(engine.accrue, sale())
    assert found.do(engine.release) == Released(0)
    assert found.do(engine.complete, Completion(ORDER, day(5))) == Completion(ORDER, day(5))
    assert found.do(engine.release, at=day(11, 23)) == Released(0)
    assert found.do(engine.release, at=day(12)) == Released(1)
    assert (record(found).due, record(found).released) == (day(12), True)
    assert released(found) == [NOW]


def test_a_payment_starts_the_freeze_at_once_and_completion_does_not_move_it() -> None:
    found = shop(plan=FROM_PAYMENT)
    found.do(engine.accrue, sale(), at=day(3))
    assert record(found).due == day(9)
    found.do(engine.complete, Completion(ORDER, day(8)))
    assert (record(found).completed_at, record(found).due) == (day(8), day(9))
    assert found.do(engine.release) == Released(1)
    assert released(found) == [day(9)]


def test_an_order_is_released_once_whenever_it_completes() -> None:
    found = shop(plan=FROM_PAYMENT)
    found.do(engine.accrue, sale())
    assert found.do(engine.release) == Released(1)
    found.do(engine.complete, Completion(ORDER, day(30)))
    assert found.do(engine.release) == Released(0)


def test_a_freeze_that_has_begun_ends_when_it_was_said_to_whatever_the_policy_became() -> None:
    found = shop(plan=FROM_PAYMENT, policy=NEW_YORK)
    paid_at = parse_instant("2026-03-05T17:00:00Z")
    found.do(engine.accrue, sale(paid_at=paid_at), at=paid_at)
    found.do(engine.set_policy, evolve(NEW_YORK, days=DayKind.HOURS_24))
    found.do(engine.complete, Completion(ORDER, paid_at), at=parse_instant("2026-04-01T00:00:00Z"))
    assert record(found).due == parse_instant("2026-03-12T16:00:00Z")


def test_released_and_frozen_are_reported_apart_and_a_refund_goes_with_its_order() -> None:
    found = shop(plan=FROM_COMPLETION)
    two = line("1", 10_000, units=2)
    found.do(engine.accrue_all, [sale(two), sale(two, id="order 2")])
    found.do(engine.complete, Completion(ORDER, day(5)))
    found.do(engine.release)
    for each in ("order 1", "order 2"):
        found.do(engine.refund, refund(("1", 1, 5_000), id=f"r of {each}", of=each))
    (earning,) = found.ask(engine.earnings, month())
    assert (earning.accrued_minor, earning.clawed_back_minor) == (2_000, -1_000)
    assert (earning.frozen_minor, earning.released_minor) == (500, 500)


def test_a_completion_under_a_key_of_its_own_is_repeated_after_a_release() -> None:
    found = shop(plan=FROM_COMPLETION)
    found.do(engine.accrue, sale())
    found.do(engine.complete, Completion(ORDER, day(5)), key="done")
    found.do(engine.release)
    assert found.do(engine.complete, Completion(ORDER, day(5)), key="done") == Completion(ORDER, day(5))
