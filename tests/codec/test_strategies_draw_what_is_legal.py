"""What the shipped strategies draw is accepted everywhere."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from distcore.commission import (
    SOLD,
    Booking,
    Plan,
    Posting,
    Sale,
    SaleRecord,
    correction_refusal,
    plan_problems,
    refund_problems,
    sale_problems,
)
from distcore.kernel import (
    PlanId,
    Rhythm,
    Severity,
    ShopPolicy,
    id_problem,
    limits,
    policy_problems,
    rhythm_problems,
    text_problem,
)
from distcore.members import TierPolicy, tier_policy_problems
from distcore.pricing import (
    FreightTemplate,
    Offer,
    PriceList,
    offer_problems,
    price_list_problems,
    template_problems,
)
from distcore.referral import Tree, upline
from distcore.settlement import SettlementPolicy, settlement_policy_problems
from distcore.testing.carts import random_offer_for_some, random_price_list, random_template
from distcore.testing.period_strategies import period_plans
from distcore.testing.strategies import (
    ids,
    instants,
    plans,
    policies,
    refunds,
    rhythms,
    sales,
    settlement_policies,
    texts,
    trees,
)
from distcore.testing.tier_strategies import tier_policies
from distcore.testing.worlds import drawn


@given(ids())
def test_ids(id: str) -> None:
    assert id_problem(id, "id") is None


@given(texts())
def test_texts(text: str) -> None:
    assert text_problem(text, "text") is None


@given(period_plans())
def test_period_plans(plan: Plan) -> None:
    assert {each.severity for each in plan_problems(plan)} <= {Severity.WARNING}


@given(plans())
def test_plans(plan: Plan) -> None:
    assert {each.severity for each in plan_problems(plan)} <= {Severity.WARNING}


@given(policies())
def test_policies(policy: ShopPolicy) -> None:
    assert policy_problems(policy) == ()


@given(settlement_policies())
def test_settlement_policies(policy: SettlementPolicy) -> None:
    assert settlement_policy_problems(policy) == ()


@given(tier_policies())
def test_tier_policies(policy: TierPolicy) -> None:
    assert tier_policy_problems(policy) == ()


@given(drawn(random_offer_for_some))
def test_offers(offer: Offer) -> None:
    assert offer_problems(offer) == ()


@given(drawn(random_price_list))
def test_price_lists(prices: PriceList) -> None:
    assert price_list_problems(prices) == ()


@given(drawn(random_template))
def test_freight_templates(template: FreightTemplate) -> None:
    assert template_problems(template) == ()


@given(rhythms())
def test_rhythms(rhythm: Rhythm) -> None:
    assert rhythm_problems(rhythm, "rhythm") == ()


@given(sales(), st.data())
def test_sales_and_their_refunds(sale: Sale, data: st.DataObject) -> None:
    assert sale_problems(sale) == ()
    end = data.draw(instants(least=limits.INSTANT_MAX - 1))
    booking = Booking(sale, PlanId("mall"), 1, buyer_is_member=False, tree_revision=0, booked_at=sale.paid_at)
    record = SaleRecord(booking, (Posting(sale.id, SOLD, sale.paid_at, sale.paid_at, ()),))
    for refund in data.draw(refunds(sale)):
        assert refund_problems(refund) == ()
        assert correction_refusal(record, refund, end) is None
        record = SaleRecord(booking, record.postings, (*record.corrections, refund))


@given(trees(), st.integers(0, 40), st.integers(0, 8))
def test_trees(tree: Tree, days: int, revision: int) -> None:
    for member in tree.values():
        valid_at = member.joined_at + timedelta(days)
        walked = list(upline(tree, member.id, valid_at=valid_at, revision=revision))
        assert len(walked) < len(tree)
