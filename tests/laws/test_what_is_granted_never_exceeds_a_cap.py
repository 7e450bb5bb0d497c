"""What sales were granted under a cap never exceeds it, and a refund gives nothing of it to another sale."""

import pytest
from attrs import evolve
from tests.laws.buying import NewStore, accrued, opened, paid

from distcore import engine
from distcore.commission import (
    Cap,
    FixedPerOrder,
    Per,
    Percent,
    Plan,
    Posting,
    PromoterShare,
    Rule,
    Sale,
    Upline,
)
from distcore.kernel import Cadence, CapId, ComponentId, Instant, Rate, RuleId
from distcore.testing.builders import (
    a_cancellation,
    a_line,
    a_plan,
    a_refund,
    a_sale,
    day,
)

LEVELS = Upline(
    ComponentId("levels"),
    (
        Rule(RuleId("first"), Percent(Rate(100_000)), (1,)),
        Rule(RuleId("second"), Percent(Rate(50_000)), (2,)),
    ),
)
LINKS = PromoterShare(ComponentId("links"), (Rule(RuleId("link"), FixedPerOrder(300)),))


def capped(*caps: Cap, plan_version: int = 1, valid_from: Instant | None = None) -> Plan:
    by = evolve(a_plan(LEVELS, LINKS, plan_version=plan_version), caps=caps)
    return by if valid_from is None else evolve(by, valid_from=valid_from)


def month(amount_minor: int, *components: str) -> Cap:
    named = tuple(map(ComponentId, components))
    return Cap(CapId("month"), amount_minor, within=Cadence.MONTHLY, components=named)


def bought(id: str, net_minor: int = 10_000, buyer: str = "buyer", **options: object) -> Sale:
    return a_sale(id, buyer, lines=[a_line(net_minor=net_minor)], **options)  # type: ignore[arg-type]


def test_an_earner_is_paid_up_to_the_cap_and_no_more(new_store: NewStore) -> None:
    """Ben, level 1, has 15.00 a month; Ann above earns half as much and does not reach it."""
    shop = opened(new_store, capped(month(1_500)))
    assert accrued(shop, *(bought(f"o{number}") for number in range(4))) == [
        {"ben": 1_000, "ann": 500},
        {"ben": 500, "ann": 500},
        {"ann": 500},
        {},
    ]


def test_a_cap_begins_anew_with_its_period_and_one_without_never(new_store: NewStore) -> None:
    ever = Cap(CapId("ever"), 1_700)
    shop = opened(new_store, capped(month(1_000), ever))
    days = [bought(f"o{number}", paid_at=day(number)) for number in (30, 31, 32, 33)]
    assert [each.get("ben", 0) for each in accrued(shop, *days)] == [1_000, 0, 700, 0]


def test_what_counts_is_what_the_named_components_pay(new_store: NewStore) -> None:
    """Whoever promotes has 3.00 of it whatever else was earned."""
    shop = opened(new_store, capped(month(1_000, "levels")))
    own = [bought(f"o{number}", promoter="ben") for number in (1, 2)]
    assert accrued(shop, *own) == [{"ben": 1_300, "ann": 500}, {"ben": 300, "ann": 500}]


def test_a_cap_for_a_buyer_is_shared_by_all_who_are_paid(new_store: NewStore) -> None:
    """Two thirds of it to level 1, one third to level 2; another buyer has a cap of the own."""
    shop = opened(new_store, capped(Cap(CapId("buyer"), 1_800, Per.BUYER)))
    sales = [bought("o1"), bought("o2"), bought("o3"), bought("p1", buyer="other")]
    assert accrued(shop, *sales) == [
        {"ben": 1_000, "ann": 500},
        {"ben": 200, "ann": 100},
        {},
        {"buyer": 1_000, "ben": 500},
    ]


def test_a_refund_lowers_its_own_sale_and_gives_nothing_to_others(new_store: NewStore) -> None:
    shop = opened(new_store, capped(month(1_200)))
    assert accrued(shop, bought("o1"), bought("o2"))[1] == {"ben": 200, "ann": 500}
    back = shop.do(engine.refund, a_refund("r1", "o1", {"1": (0, 5_000)}), at=day(40))
    assert paid(back) == {"ben": -500, "ann": -250}
    half = shop.do(engine.refund, a_refund("r2", "o2", {"1": (0, 5_000)}), at=day(40))
    assert paid(half) == {"ann": -250}, "half of the order asks for 5.00, and has the 2.00 it was granted"
    assert paid(shop.do(engine.cancel, a_cancellation("o2"), at=day(40))) == {"ben": -200, "ann": -250}
    assert accrued(shop, bought("o3")) == [{"ann": 200}]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_of_any_size_grant_the_same(new_store: NewStore, size: int) -> None:
    shop = opened(new_store, capped(month(2_300), Cap(CapId("buyer"), 2_900, Per.BUYER)))
    sales = [bought(f"o{number}") for number in range(5)]
    postings: list[Posting] = []
    for start in range(0, 5, size):
        postings += shop.do(engine.accrue_all, sales[start : start + size], at=day(40)).done
    assert [paid(each) for each in postings] == [
        {"ben": 1_000, "ann": 500},
        {"ben": 933, "ann": 467},
        {},
        {},
        {},
    ]
    shop.assert_sound()


def test_versions_of_a_plan_share_a_cap(new_store: NewStore) -> None:
    """A later version may raise it; what was granted before counts, and is not changed."""
    shop = opened(new_store, capped(month(1_200)))
    assert accrued(shop, bought("o1"), bought("o2"))[1]["ben"] == 200
    shop.do(engine.set_plan, capped(month(1_500), plan_version=2, valid_from=day(10)), at=day(9))
    assert accrued(shop, bought("o3", paid_at=day(11)))[0]["ben"] == 300


def test_what_is_used_up_is_expected_and_explained(new_store: NewStore) -> None:
    by = capped(month(1_200))
    shop = opened(new_store, by)
    accrued(shop, bought("o1"))
    with shop.store.begin() as tx:
        expected = engine.expect(tx, by, bought("o2")).explained
    assert {why.accrual.payee: why.accrual.amount_minor for why in expected.whys} == {"ben": 200, "ann": 500}
    accrued(shop, bought("o2"))
    with shop.store.begin() as tx:
        explained = engine.explain(tx, bought("o2").id).explained
    assert explained.whys == expected.whys


def test_a_refused_sale_uses_nothing_up(new_store: NewStore) -> None:
    shop = opened(new_store, capped(month(1_200)))
    stranger = bought("o1", promoter="nobody")
    report = shop.do(engine.accrue_all, [stranger, bought("o2"), bought("o3")], at=day(40))
    assert [each.refusal.code for each in report.refused] == ["promoter_unknown"]
    assert [paid(each)["ben"] for each in report.done] == [1_000, 200]
    shop.assert_sound()


def test_a_plan_without_caps_keeps_nothing(new_store: NewStore) -> None:
    shop = opened(new_store, capped())
    accrued(shop, bought("o1"))
    with shop.store.begin() as tx:
        assert list(tx.tallies.all()) == []
        assert tx.sales.find([bought("o1").id])[bought("o1").id].booking.grants is None


@pytest.mark.measured
def test_sums_that_are_not_those_of_the_sales_are_found(new_store: NewStore) -> None:
    shop = opened(new_store, capped(month(1_200), Cap(CapId("ever"), 9_999)))
    accrued(shop, bought("o1"))
    with shop.store.begin() as tx:
        kept = {key: used for key, used in tx.tallies.all() if key[2] == "ben"}
        tx.tallies.put({key: used + 1 for key, used in kept.items()})
    with shop.store.begin() as tx:
        problems = engine.verify(tx).problems
    assert [(each.where, each.message) for each in problems] == [
        (
            "plan plan, cap ever, member ben",
            "1001 minor units are kept as granted, the sales have 1000",
        ),
        (
            "plan plan, cap month, member ben, 2017-01",
            "1001 minor units are kept as granted, the sales have 1000",
        ),
    ]
