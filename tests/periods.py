"""A shop that pays by the month: `ann` above `ben` above `cai`, and what each is worth."""

from attrs import evolve
from tests.builders import Shop, line, newcomer, percent, plan, refund, sale, shop

from distcore import engine
from distcore.commission import (
    Bracket,
    ByVolume,
    Freeze,
    How,
    Ladder,
    Matching,
    PeriodComponent,
    Plan,
    Pool,
    Volume,
)
from distcore.kernel import ComponentId, Instant, Rate, parse_instant

MARCH = parse_instant("2026-03-20T00:00:00Z")
"""When January is accrued: it is over, and so are the days in which goods may go back."""

JANUARY = parse_instant("2026-01-10T00:00:00Z")

TEAMS = Ladder(
    ComponentId("teams"),
    (Bracket(0, Rate.parse("3%")), Bracket(100_000, Rate.parse("5%"))),
    Volume.TEAM,
    How.WHOLE,
    subtract_legs=True,
)
PARTS = Pool(ComponentId("parts"), Rate.parse("1%"), ByVolume())
MATCH = Matching(ComponentId("match"), (ComponentId("levels"), TEAMS.id), (Rate.parse("10%"),))
EVERYTHING: tuple[PeriodComponent, ...] = (TEAMS, PARTS, MATCH)


def a_monthly_plan(*components: PeriodComponent, days: int = 7) -> Plan:
    """Return a plan that pays 10 % to the sponsor of a buyer, and by the month."""
    return evolve(plan(percent("10%", 1)), freeze=Freeze(days), period_components=components or EVERYTHING)


def a_monthly_shop(*components: PeriodComponent, days: int = 7) -> Shop:
    """Return a shop in which January is sold: 900.00 to `cai`, 300.00 to `ben`."""
    members = (newcomer("ann"), newcomer("ben", "ann"), newcomer("cai", "ben"))
    found = shop(*members, plan=a_monthly_plan(*components, days=days))
    buys(found, "cai", 90_000)
    buys(found, "ben", 30_000)
    return found


def buys(found: Shop, buyer: str, minor: int, id: str = "", paid_at: Instant = JANUARY) -> None:
    one = sale(line(net_minor=minor), id=id or f"{buyer} {minor}", buyer=buyer, paid_at=paid_at)
    found.do(engine.accrue, one, at=MARCH)


def gives_back(found: Shop, of: str, minor: int) -> None:
    one = refund(("1", 0, minor), id=f"{minor} of {of}", of=of, refunded_at=MARCH)
    found.do(engine.refund, one, at=MARCH)


def accrued(found: Shop, label: str | None = "2026-01", at: Instant = MARCH) -> engine.AccruedPeriod:
    return found.do(engine.accrue_period, "CNY", label, at=at)


def worth(found: Shop, run: int = 1) -> dict[str, dict[str, int]]:
    """Return what was posted of a run, by component and payee."""
    sums: dict[str, dict[str, int]] = {}
    with found.store.begin() as tx:
        for component, payee, amount in tx.period_runs.sums(run):
            sums.setdefault(component, {})[payee] = amount
    return sums


def wrong(found: Shop) -> list[str]:
    with found.store.begin() as tx:
        return [str(each) for each in engine.verify(tx).problems]
