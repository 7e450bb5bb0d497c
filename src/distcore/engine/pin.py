"""Another plan version for what was calculated already: who wants it, why, and whether that may be.

The one rule this file protects: nobody pins what was promised to another version without a reason and
somebody else's approval.
"""

from collections.abc import Iterator

from attrs import frozen

from distcore.commission import PlanVersions, Repin
from distcore.commission import refusals as no
from distcore.kernel import (
    Actor,
    Currency,
    PlanId,
    Problem,
    Refusal,
    id_problem,
    shape_problems,
    text_problem,
)


@frozen
class NewPin:
    """Another plan version for the sales of a period, or for what a period pays: why, and who approves it."""

    plan: PlanId
    plan_version: int
    reason: str
    approver: str

    def from_posting(self, number: int, actor: Actor) -> Repin:
        """Return the re-pin that begins with a posting."""
        return Repin(number, self.plan, self.plan_version, self.reason, Actor(self.approver), actor)


def pin_problems(pin: object) -> Iterator[Problem | None]:
    """Yield all that is wrong with a pin, with paths; there may be none."""
    if pin is None:
        return
    misshapen = (*shape_problems(pin, NewPin, "pin"),)
    if misshapen or not isinstance(pin, NewPin):
        yield from misshapen
        return
    blank = Problem("pin.reason", "is blank", "say why; explain shows it")
    yield id_problem(pin.plan, "pin.plan")
    yield id_problem(pin.approver, "pin.approver")
    yield text_problem(pin.reason, "pin.reason") or (None if pin.reason.strip() else blank)


def pin_refusal(pin: NewPin, currency: Currency, plans: PlanVersions, actor: Actor) -> Refusal | None:
    """Return why nothing in a currency may be pinned so by somebody, or None."""
    what = {"plan": pin.plan, "plan_version": pin.plan_version}
    plan = plans.get((pin.plan, pin.plan_version))
    if plan is None:
        return no.PLAN_VERSION_UNKNOWN.refuse(**what)
    if plan.currency != currency:
        return no.CURRENCY_DIFFERS.refuse(currency=plan.currency, wanted=currency, **what)
    return no.REPIN_NOT_APPROVED.refuse(actor=actor, **what) if pin.approver == actor else None
