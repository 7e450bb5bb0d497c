"""Shops that sell by random plans of all components, and what a store then holds of each sale."""

from collections.abc import Iterator, Sequence
from random import Random

from attrs import evolve

from distcore import engine
from distcore.commission import Accrual, Left, Plan, Sale, by_version, left_of, sums_of
from distcore.kernel import Cadence
from distcore.ports import Store, Transaction
from distcore.testing.builders import Shop, StoreOf, a_chain, a_line, a_member, a_sale, day
from distcore.testing.machine import EngineMachine
from distcore.testing.walks import walked
from distcore.testing.worlds import FORMULAS, REGIONS, TIERS, random_periods, random_plan

SEEDS = range(8)

Paid = tuple[Plan, Sale, Sequence[Left], Sequence[Accrual]]
"""What a plan paid for what is left of a sale."""


CHAIN = ("ann", "ben", "cai", "dan", "buyer")
BUYERS = ("buyer", "dan", "guest")
ORDERS = tuple(f"order {number}" for number in range(len(BUYERS)))


def of_any_plan(store: Store, random: Random) -> Shop:
    """Return a shop that has sold by a plan of any components, of lines and of periods."""
    plan = evolve(random_periods(random, random_plan(random, formulas=True)), valid_from=day(1))
    return three_orders(store, evolve(plan, period_cadence=Cadence.MONTHLY), random)


def three_orders(store: Store, plan: Plan, random: Random) -> Shop:
    """Return a shop of a chain and agents that has sold to one deep, to one higher, and to a guest.

    Now and then two of them are one person.
    """
    members = [evolve(each, tier=random.choice(TIERS)) for each in a_chain(*CHAIN)]
    shop = Shop.open(store, plan, [*members, a_member("zoe", tier="gold")], formulas=FORMULAS)
    for member in random.sample([*CHAIN, "zoe"], 4):
        shop.do(engine.appoint, member, random.choice(REGIONS[1:]), valid_from=day(random.randint(1, 9)))
    for member in random.sample([*CHAIN, "zoe"], random.choice((0, 0, 2))):
        shop.do(engine.identify, member, ["phone"])
    for order, buyer in zip(ORDERS, BUYERS, strict=True):
        lines = [a_line("2", net_minor=12_345, units=3), a_line("10", net_minor=random.randint(1, 999))]
        lines = [evolve(each, list_minor=13_000, cost_minor=90, tax_minor=7) for each in lines]
        sale = a_sale(order, buyer, lines, promoter=random.choice((None, "zoe", "ben")))
        sale = evolve(sale, region=random.choice(REGIONS))
        shop.do(engine.accrue, sale, at=day(11), formulas=FORMULAS)
    return shop


class Selling(EngineMachine):
    """A shop that mostly sells, in a tree that changes and by plans that do."""

    verbs = (
        *["accrue"] * 6,
        *["refund", "correct_price", "recompute", "set_plan", "move", "set_tier", "appoint", "set_state"],
    )


def sold(store_of: StoreOf, seed: int) -> EngineMachine:
    """Return a shop that has sold much."""
    return walked(store_of, seed, machine=Selling)


def paid_by(tx: Transaction) -> Iterator[Paid]:
    """Yield what the facts of each sale of a shop add up to."""
    plans = by_version(tx.plans.all())
    for record in tx.sales.all():
        sale = record.booking.sale
        facts = sums_of(fact for posting in record.postings for fact in posting.accruals)
        accruals = [Accrual(*share, amount) for share, amount in facts.items() if amount]
        yield plans[record.pin], sale, left_of(sale, record.corrections), accruals


def paid_at_first(tx: Transaction) -> Iterator[Paid]:
    """Yield what was paid for each sale of a shop when it was accrued."""
    plans = by_version(tx.plans.all())
    for record in tx.sales.all():
        booking = record.booking
        plan = plans[booking.plan, booking.plan_version]
        yield plan, booking.sale, booking.sale.lines, record.postings[0].accruals
