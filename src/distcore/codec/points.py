"""A `points-policy` as a merchant writes it: the currency beside the policy, on one level.

The rule this file protects: the amount that points are worth is written in the currency of the document.
"""

from attrs import frozen

from distcore.kernel import Currency, Problem, Rate, currency_problem
from distcore.pricing import PointsIn, PointsPolicy, points_problems

_POLICY = PointsPolicy()


@frozen
class PointsDocument:
    """The fields of the document."""

    currency: Currency
    points: int = _POLICY.points
    amount_minor: int = _POLICY.amount_minor
    most: Rate = _POLICY.most
    least: int = _POLICY.least

    @classmethod
    def of(cls, points: PointsIn) -> "PointsDocument":
        """Return the document that says what points are worth."""
        policy = points.policy
        return cls(points.currency, policy.points, policy.amount_minor, policy.most, policy.least)

    @property
    def meant(self) -> PointsIn:
        """What it says."""
        return PointsIn(self.currency, PointsPolicy(self.points, self.amount_minor, self.most, self.least))


def document_problems(document: PointsDocument) -> tuple[Problem, ...]:
    """Return all that is impossible about a document."""
    problem = currency_problem(document.currency, "$.currency")
    return (
        *(() if problem is None else (problem,)),
        *points_problems(document.meant.policy, document.currency),
    )
