"""At any instant at most one plan is valid per currency; of its versions the highest counts."""

import pytest
from attrs import evolve
from tests.builders import CNY, day, percent, plan

from distcore.commission import Plan, by_version, plan_at, publish_refusal
from distcore.kernel import Currency, Instant, PlanId

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
    assert publish_refusal(beside, published) is None


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (
            version(1, day(2)),
            (
                "plan_exists: version 1 of plan plan is published already, with other content "
                "(publish changes as a higher plan_version)"
            ),
        ),
        (
            version(1, day(1), id="other"),
            (
                "plans_overlap: plan other and plan plan would both be valid in CNY from "
                "2026-01-09T00:00:00Z "
                "(let one end where the other begins, or publish a new version of plan)"
            ),
        ),
        (
            version(1, day(19, 23), id="other"),
            (
                "plans_overlap: plan other and plan plan would both be valid in CNY from "
                "2026-01-19T23:00:00Z "
                "(let one end where the other begins, or publish a new version of plan)"
            ),
        ),
    ],
)
def test_two_plans_at_once_are_refused(second: Plan, message: str) -> None:
    assert str(publish_refusal(second, [version(1, day(9), day(20))])) == message


def test_sales_refer_to_plans_by_id_and_version() -> None:
    first, second = version(1, day(1)), version(2, day(1))
    assert by_version([first, second]) == {("plan", 1): first, ("plan", 2): second}
