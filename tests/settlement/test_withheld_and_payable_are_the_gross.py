"""M13: withheld + payable = gross, and neither is below zero, whatever the policy and what was before."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import ACTOR, NOW, month
from tests.settlement.payments import CNY, LABOUR, PLATFORM, YEAR, grosses

from distcore.kernel import Actor, MemberId
from distcore.settlement import (
    Assessed,
    Closing,
    Customs,
    CustomWithholding,
    LineTotal,
    NoWithholding,
    SettlementPolicy,
    SoFar,
    Withholding,
    assess,
    stated,
)


def some_of_it(gross_minor: int, month: str, so_far: SoFar) -> int:
    """A shop's own function: any part of the gross, the same for the same arguments."""
    return Random(f"{gross_minor} {month} {so_far}").randint(0, gross_minor)


CUSTOMS: Customs = {("any", 1): some_of_it}
CLOSING = Closing(1, CNY, month(), 1, NOW, Actor(ACTOR))

policies = st.sampled_from([NoWithholding(), LABOUR, PLATFORM, CustomWithholding("any")])
amounts = st.integers(0, 10**9)
sums_so_far = st.dictionaries(st.sampled_from(YEAR), st.tuples(amounts, amounts)).map(
    lambda sums: SoFar(tuple(Assessed(each, *sums[each]) for each in sorted(sums)))
)
"""Whatever another policy, or a clawback, may have left: also more withheld than was due."""


@given(policies, st.just(0) | grosses, st.sampled_from(YEAR), sums_so_far)
def test_withheld_and_payable_are_the_gross(
    withholding: Withholding, gross: int, month: str, so_far: SoFar
) -> None:
    policy = SettlementPolicy(CNY, 1, NOW, withholding=withholding)
    statement = stated(CLOSING, LineTotal(MemberId("ann"), gross, 1), 0, policy, held=False)

    assessment = assess(statement, policy, month, so_far, CUSTOMS)

    assert assessment.withheld_minor + assessment.payable_minor == assessment.gross_minor == gross
    assert min(assessment.withheld_minor, assessment.payable_minor) >= 0
    assert (assessment.closing, assessment.payee, assessment.currency) == (1, "ann", CNY)
    assert assessment.month == month


@given(st.just(0) | grosses, st.sampled_from(YEAR), sums_so_far)
def test_without_a_policy_all_is_payable(gross: int, month: str, so_far: SoFar) -> None:
    policy = SettlementPolicy(CNY, 1, NOW)
    statement = stated(CLOSING, LineTotal(MemberId("ann"), gross, 1), 0, policy, held=False)

    assert assess(statement, policy, month, so_far).payable_minor == gross
