"""All that keeps a plan from being published: why `set_plan` refuses it, and what a check finds.

The one rule this file protects: whatever else is wrong with a plan, each thing that is wrong is told, with
the path at which it stands.  What is found first says which error that is, and with which code.
"""

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from distcore.commission import (
    NO_FORMULAS,
    Formulas,
    Plan,
    cadence_problems,
    formula_refusals,
    plan_errors,
    publish_refusals,
)
from distcore.compliance import Permission, override_refusal, permission_problems, preset_refusal
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.comply import share_that_counts, what_holds_back
from distcore.kernel import (
    Actor,
    CompliancePreset,
    InputError,
    Problem,
    Refusal,
    RefusedError,
    ShopPolicy,
    shape_problems,
)
from distcore.ports import Transaction


@frozen
class Objection:
    """One thing that keeps a plan from being published, and the refusal by which it is told.

    There is no refusal where the document is wrong, by itself or for where its cadence begins.
    """

    problem: Problem
    refusal: Refusal | None = None


@frozen
class Proposal:
    """A plan that is to be published, by whom, and what is wrong with it in every shop.

    The share is looked for where it may count: that may take seconds, and is not done where anything waits.
    """

    plan: Plan
    formulas: Formulas
    override: Permission | None
    actor: str
    errors: tuple[Problem, ...]
    override_errors: tuple[Problem, ...]
    share_ppm: int | None

    @property
    def is_impossible(self) -> bool:
        """Whether no shop would have it, so that nothing needs to be locked to refuse it."""
        return bool(self.errors or self.override_errors)


def propose(plan: Plan, formulas: Formulas, override: Permission | None, actor: str) -> Proposal:
    """Return a plan as it is proposed; how much an impossible one may pay is not looked for."""
    errors = plan_errors(plan)
    override_errors = () if override is None else permission_problems(override)
    share_ppm = 0 if errors or override_errors else share_that_counts(plan)
    return Proposal(plan, formulas, override, actor, errors, override_errors, share_ppm)


def plan_objections(
    tx: Transaction, plan: Plan, *, preset: CompliancePreset | None = None, formulas: Formulas = NO_FORMULAS
) -> tuple[Objection, ...]:
    """Return all that keeps a plan from being published as it is, without an override; none if nothing does.

    It is held against the preset of the shop, or against another one.  Raises `RefusedError` in a shop
    without a policy, as `set_plan` does, unless the plan is impossible by itself.
    """
    proposal = propose(plan, formulas, None, "")
    policy = tx.policies.current() if proposal.is_impossible else policy_of(tx)
    if policy is not None and preset is not None:
        policy = evolve(policy, compliance_preset=preset)
    return objections_to(proposal, policy, tx.plans.all())


def objection_error(objections: Sequence[Objection]) -> InputError | RefusedError:
    """Return the error that tells objections, of which there is at least one: it is that of the first."""
    problems = tuple(each.problem for each in objections)
    refusal = objections[0].refusal
    return InputError(problems) if refusal is None else RefusedError(refusal, problems)


def objections_to(
    proposal: Proposal, policy: ShopPolicy | None, published: Sequence[Plan]
) -> tuple[Objection, ...]:
    """Return all that keeps a proposal from being published, in the order in which it is asked.

    In a shop without a policy, and of what is no plan, nothing but the document can be asked.
    """
    found = tuple(Objection(each) for each in (*proposal.errors, *proposal.override_errors))
    if policy is None or next(shape_problems(proposal.plan, Plan, "$"), None) is not None:
        return found
    return (*found, *_of_shop(proposal, policy, published))


def _of_shop(proposal: Proposal, policy: ShopPolicy, published: Sequence[Plan]) -> Iterator[Objection]:
    """Yield what a shop objects to; what rests on a part that is wrong by itself is not asked."""
    plan, is_new = proposal.plan, proposal.plan not in published
    wrong = {way for problem in proposal.errors for way in problem.ways}
    for where, refusal in _refusals(proposal, policy, published):
        if where not in wrong:
            yield Objection(Problem(where, refusal.message, refusal.hint), refusal)
    if is_new and "$.period_cadence" not in wrong:
        for problem in cadence_problems(plan, published, policy.calendar):
            yield Objection(problem)
    if not proposal.override_errors:
        yield from _of_preset(proposal, policy, is_new=is_new)


def _refusals(
    proposal: Proposal, policy: ShopPolicy, published: Sequence[Plan]
) -> Iterator[tuple[str, Refusal]]:
    plan = proposal.plan
    if plan.currency not in policy.currencies:
        yield "$.currency", currency_refusal(policy, plan.currency)
    yield from formula_refusals(plan, proposal.formulas)
    yield from publish_refusals(plan, published)


def _of_preset(proposal: Proposal, policy: ShopPolicy, *, is_new: bool) -> Iterator[Objection]:
    """Yield what breaks the preset, all by one refusal; or why it can't be allowed, where it is to be."""
    plan, override = proposal.plan, proposal.override
    if override is None and not is_new:
        return
    found = what_holds_back(plan, policy, proposal.share_ppm)
    if override is None:
        if found:
            assert policy.compliance_preset is not None
            refusal = preset_refusal(plan.id, plan.plan_version, policy.compliance_preset, found)
            yield from (Objection(each.problem, refusal) for each in found)
        return
    breaks = bool(found or proposal.errors)  # of an impossible plan nobody knows all that it breaks
    not_allowed = override_refusal(override, Actor(proposal.actor), plan=plan.id, breaks=breaks)
    if not_allowed is not None:
        where = "override.approver" if override.approver == proposal.actor else "override"
        yield Objection(Problem(where, not_allowed.message, not_allowed.hint), not_allowed)
