"""At any instant at most one plan is valid per currency; of its versions the highest counts."""

import pytest
from attrs import evolve
from tests.builders import CNY, day, percent, plan

from distcore.commission import Cap, Per, Plan, by_version, plan_at, publish_refusals
from distcore.kernel import Cadence, CapId, Currency, Instant, PlanId, Refusal

SIMPLE = plan(percent("10%", 1))


def version(
    number: int,
    valid_from: Instant,
    valid_until: Instant | None = None,
    *,
    id: str = "plan",
    currency: str = "CNY",
) -> Plan:
    return evolve(
        SIMPLE,
        id=PlanId(id),
        plan_version=number,
        currency=Currency(currency),
        valid_from=valid_from,
        valid_until=valid_until,
    )


def refused(plan: Plan, published: list[Plan]) -> list[tuple[str, Refusal]]:
    return list(publish_refusals(plan, published))


@pytest.mark.parametrize(
    ("paid_at", "number"), [(day(1), 1), (day(10), 2), (day(19, 23), 2), (day(20), 1), (day(30), 3)]
)
def test_the_highest_version_that_covers_the_payment_counts(paid_at: Instant, number: int) -> None:
    plans = [version(3, day(30)), version(1, day(1)), version(2, day(10), day(20))]
    valid = plan_at(plans, CNY, paid_at)
    assert valid is not None
    assert valid.plan_version == number


def test_no_plan_covers_what_was_paid_before_it_begins_or_when_it_has_ended() -> None:
    plans = [version(1, day(5), day(9))]
    assert [plan_at(plans, CNY, day(n)) for n in (4, 9)] == [None, None]
    assert plan_at(plans, CNY, day(8, 23)) == plans[0]
    assert plan_at(plans, Currency("JPY"), day(6)) is None


@pytest.mark.parametrize(
    "beside",
    [
        version(2, day(5)),
        version(1, day(1)),
        version(1, day(1), day(9), id="sale week"),
        version(1, day(20), id="next year"),
        version(1, day(1), id="yen", currency="JPY"),
    ],
)
def test_plans_stand_beside_each_other_where_one_is_valid(beside: Plan) -> None:
    published = [version(1, day(9), day(20)) if beside.id != "plan" else version(1, day(1))]
    assert refused(beside, published) == []


@pytest.mark.parametrize(
    ("second", "where", "message"),
    [
        (
            version(1, day(2)),
            "$.plan_version",
            (
                "plan_exists: version 1 of plan plan is published already, with other content "
                "(publish changes as a higher plan_version)"
            ),
        ),
        (
            version(1, day(1), id="other"),
            "$.valid_from",
            (
                "plans_overlap: plan other and plan plan would both be valid in CNY from "
                "2026-01-09T00:00:00Z "
                "(let one end where the other begins, or publish a new version of plan)"
            ),
        ),
        (
            version(1, day(19, 23), id="other"),
            "$.valid_from",
            (
                "plans_overlap: plan other and plan plan would both be valid in CNY from "
                "2026-01-19T23:00:00Z "
                "(let one end where the other begins, or publish a new version of plan)"
            ),
        ),
    ],
)
def test_two_plans_at_once_are_refused(second: Plan, where: str, message: str) -> None:
    ((found, refusal),) = refused(second, [version(1, day(9), day(20))])
    assert (found, str(refusal)) == (where, message)


def test_plans_are_named_once_for_each_stretch_in_which_they_are_valid_together() -> None:
    published = [
        version(6, day(40), day(50), id="other"),
        version(1, day(1), day(10), id="other"),
        version(2, day(10), day(15), id="other"),
        version(3, day(2), day(3), id="other"),
        version(4, day(20), day(30), id="other"),
        version(5, day(22), day(25), id="other"),
        version(1, day(8), id="third"),
        version(2, day(9), id="third"),
    ]
    found = refused(version(1, day(5), day(40)), published)
    assert [(dict(each.facts)["other"], dict(each.facts)["valid_from"]) for _, each in found] == [
        ("other", "2026-01-05T00:00:00Z"),
        ("other", "2026-01-20T00:00:00Z"),
        ("third", "2026-01-08T00:00:00Z"),
    ]


EVER = Cap(CapId("ever"), 1)
CAPPED = evolve(version(1, day(1)), caps=(EVER,))


@pytest.mark.parametrize(
    ("cap", "whats"),
    [
        (evolve(EVER, per=Per.BUYER), ["per"]),
        (evolve(EVER, within=Cadence.MONTHLY), ["within"]),
        (evolve(EVER, per=Per.BUYER, within=Cadence.MONTHLY), ["per", "within"]),
    ],
)
def test_a_cap_counts_alike_in_all_versions_that_have_it(cap: Cap, whats: list[str]) -> None:
    """Else what is used up for a buyer, or in a month, would be missing for an earner, or for ever."""
    later = evolve(CAPPED, plan_version=3, caps=(Cap(CapId("new"), 1), cap))
    again = evolve(CAPPED, plan_version=2)
    assert [(where, str(refusal)) for where, refusal in refused(later, [CAPPED, again])] == [
        (
            "$.caps[1]",
            (
                f"cap_differs: cap ever of plan plan has another {what} in version 3 than in version 1 "
                "(give it an id of its own: what is used up of a cap is shared by all versions that have it)"
            ),
        )
        for what in whats
    ]
    assert refused(later, [evolve(CAPPED, caps=())]) == []
    other = evolve(CAPPED, id=PlanId("old"), valid_from=day(0), valid_until=day(1))
    assert refused(later, [other]) == []


def test_a_cap_is_of_one_currency() -> None:
    later = version(2, day(2), currency="JPY")
    ((where, refusal),) = refused(evolve(later, caps=(EVER,)), [CAPPED])
    assert (where, refusal.code, dict(refusal.facts)["what"]) == ("$.caps[0]", "cap_differs", "currency")
    assert refused(evolve(later, caps=(evolve(EVER, id=CapId("yen")),)), [CAPPED]) == []


def test_where_a_version_is_taken_its_caps_are_those_of_the_next() -> None:
    """Whoever gives it a higher version is not told of its caps only then."""
    again = evolve(CAPPED, caps=(evolve(EVER, per=Per.BUYER),))
    exists, (where, differs) = refused(again, [evolve(CAPPED, plan_version=4), CAPPED])
    assert (exists[1].code, where, differs.code) == ("plan_exists", "$.caps[0]", "cap_differs")
    assert {"plan_version": 5, "other": 4}.items() <= dict(differs.facts).items()


def test_a_later_version_may_have_another_amount_and_other_components() -> None:
    other = Cap(EVER.id, 2, components=(SIMPLE.components[0].id,))
    assert refused(evolve(CAPPED, plan_version=2, caps=(other,)), [CAPPED]) == []


def test_sales_refer_to_plans_by_id_and_version() -> None:
    first, second = version(1, day(1)), version(2, day(1))
    assert by_version([first, second]) == {("plan", 1): first, ("plan", 2): second}
