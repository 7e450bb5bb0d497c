"""A shop sets its policy and publishes its plans."""

from collections.abc import Sequence

from distcore.commission import NO_FORMULAS, Formulas, Plan
from distcore.compliance import Finding, Override, Permission, broken_by
from distcore.engine.accrue import policy_of
from distcore.engine.comply import what_holds_back
from distcore.engine.objections import Proposal, objection_error, objections_to, propose
from distcore.engine.once import Call, called, done_before, remember
from distcore.kernel import InputError, Instant, ShopPolicy, policy_problems
from distcore.ports import Transaction


def set_policy(tx: Transaction, policy: ShopPolicy, *, at: Instant, actor: str, key: str) -> ShopPolicy:
    """Set the shop's policy; what was decided before stays as it is."""
    problems = policy_problems(policy)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "set_policy", policy) is None:
        if tx.policies.current() != policy:
            tx.policies.set(policy, at=call.at)
        remember(tx, call, "set_policy", policy, about=[tx.shop])
    return policy


def set_plan(
    tx: Transaction,
    plan: Plan,
    *,
    at: Instant,
    actor: str,
    key: str,
    override: Permission | None = None,
    formulas: Formulas = NO_FORMULAS,
) -> Plan:
    """Publish a version of a plan; published again unchanged it is left alone.

    A plan that breaks the shop's preset is refused, unless somebody else than the actor allows it: that is
    kept with the version, also of one that was published before the preset was set.  All that is wrong with
    a plan is told in one error, each with its path.  It is an `InputError` where the document is wrong, else
    a `RefusedError` by the code of what is asked first: the currency, the formulas that the shop registered,
    the version, the caps, and plans that are valid at the same time.  After these come the cadence of
    periods, by itself an `InputError`, and the preset.
    """
    proposal = propose(plan, formulas, override, actor)
    if proposal.is_impossible:
        raise objection_error(objections_to(proposal, tx.policies.current(), tx.plans.all()))
    call = called(at=at, actor=actor, key=key)
    tx.members.lock()  # of two plans at once, both would find their time free
    inputs = plan if override is None else (plan, override)
    if done_before(tx, call, "set_plan", inputs) is None:
        policy, published = policy_of(tx), tx.plans.all()
        objections = objections_to(proposal, policy, published)
        if objections:
            raise objection_error(objections)
        is_new = plan not in published
        recorded = _overridden(tx, proposal, policy, call, is_new=is_new)
        if is_new:
            tx.plans.add(plan, at=call.at)
        if recorded is not None:
            tx.overrides.add(recorded)
        if is_new and not any(each.asks_past for each in published):
            _count_buyers(tx, plan)
        remember(tx, call, "set_plan", inputs, about=[plan.id])
    return plan


def _count_buyers(tx: Transaction, plan: Plan) -> None:
    """Begin to count buyers with the first plan that asks what they had bought before."""
    if plan.asks_past:
        tx.buyers.count_from_now_on()
    else:
        tx.buyers.leave_uncounted()


def _overridden(
    tx: Transaction, proposal: Proposal, policy: ShopPolicy, call: Call, *, is_new: bool
) -> Override | None:
    """Return the override that is to be recorded, if any."""
    if proposal.override is None:
        return None
    plan = proposal.plan
    found = what_holds_back(plan, policy, proposal.share_ppm)
    before = () if is_new else tx.overrides.of(plan.id, plan.plan_version)
    return _recorded(plan, policy, proposal.override, found, call, before)


def _recorded(
    plan: Plan,
    policy: ShopPolicy,
    permission: Permission,
    found: Sequence[Finding],
    call: Call,
    before: Sequence[Override],
) -> Override | None:
    """Return the next override of a version, None where the last one says the very same."""
    assert policy.compliance_preset is not None
    override = Override(
        plan.id,
        plan.plan_version,
        len(before) + 1,
        policy.compliance_preset,
        permission.reason,
        permission.approver,
        call.actor,
        call.at,
        broken_by(found),
    )
    return None if before and before[-1].says == override.says else override
