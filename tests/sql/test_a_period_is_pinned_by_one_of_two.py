"""Two pin a period at once, or one accrues it: each does all of it, one after the other."""

from itertools import count

import pytest
from attrs import evolve
from tests.sql.meetings import Place, Wish, meet

from distcore.commission import Bracket, Ladder, Plan, Volume
from distcore.engine import NewPin, accrue, accrue_period, set_plan
from distcore.kernel import ComponentId, Rate
from distcore.testing.builders import PAID, Shop, a_chain, a_plan, a_sale, day, levels

AT = {"at": day(60)}


def by(rate: str, plan_version: int) -> Plan:
    own = Ladder(ComponentId("own"), (Bracket(0, Rate.parse(rate)),), Volume.OWN)
    return evolve(a_plan(levels("1%"), freeze=PAID, plan_version=plan_version), period_components=(own,))


def pin(plan_version: int) -> Wish:
    to = NewPin(by("1%", 1).id, plan_version, "it came late", "boss")
    return Wish(accrue_period, ("CNY", "2017-01"), {**AT, "pin": to})


AGAIN = Wish(accrue_period, ("CNY", "2017-01"), AT)
ANOTHER = Wish(set_plan, (by("9%", 4),), AT)
TWO, THREE = pin(2), pin(3)
BOTH = ["done", "done"]

MEETINGS = {
    "two versions": (TWO, THREE, BOTH),
    "one version": (TWO, TWO, ["done", "pinned_already"]),
    "she pins, he accrues": (TWO, AGAIN, BOTH),
    "she accrues, he pins": (AGAIN, TWO, BOTH),
    "she pins, he publishes": (TWO, ANOTHER, BOTH),
}


@pytest.mark.parametrize("meeting", MEETINGS)
def test_each_does_all_of_it_one_after_the_other(place: Place, meeting: str) -> None:
    hers, his, expected = MEETINGS[meeting]
    for number in count(1):
        name = f"{meeting} {number}"
        shop = Shop.open(place.store(place.hers, name), by("10%", 1), a_chain("ann", "ben"))
        for version, rate in ((2, "12%"), (3, "13%")):
            shop.do(set_plan, by(rate, version), at=day(1))
        shop.do(accrue, a_sale(buyer="ben", paid_at=day(3)), at=day(3))
        shop.do(accrue_period, "CNY", "2017-01", at=day(50))

        outcomes = meet(place, number, hers, his, name)

        if outcomes is None:
            assert number > 5
            return
        assert outcomes == expected, f"after statement {number}"
        with shop.store.begin() as tx:
            (run,) = tx.period_runs.all()
            sums = {payee: minor for _, payee, minor in tx.period_runs.sums(run.number)}
        rates = {1: 10, 2: 12, 3: 13}
        assert sums == {"ben": 100 * rates[run.pin[1]]}, f"after statement {number}"
        shop.assert_sound()
