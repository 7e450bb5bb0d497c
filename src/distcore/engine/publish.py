"""A shop sets its policy and publishes its plans."""

from collections.abc import Sequence

from distcore.commission import (
    NO_FORMULAS,
    Formulas,
    Plan,
    cadence_problems,
    formula_refusal,
    plan_errors,
    publish_refusal,
)
from distcore.compliance import (
    Finding,
    Override,
    Permission,
    broken_by,
    override_refusal,
    permission_problems,
    preset_refusal,
)
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.comply import share_that_counts, what_holds_back
from distcore.engine.once import Call, called, done_before, remember
from distcore.kernel import InputError, Instant, RefusedError, ShopPolicy, policy_problems
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
        remember(tx, call, "set_policy", policy)
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
    kept with the version, also of one that was published before the preset was set.  Raises `InputError` for
    an impossible plan, also for one by which the cadence of periods would change inside one of them, and
    `RefusedError` where another plan is valid, or where it pays by a formula that is not among those that the
    shop registered.
    """
    problems = plan_errors(plan) + (() if override is None else permission_problems(override))
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    share_ppm = share_that_counts(plan)  # it may take seconds, and nothing may wait for it
    tx.members.lock()  # of two plans at once, both would find their time free
    inputs = plan if override is None else (plan, override)
    if done_before(tx, call, "set_plan", inputs) is None:
        policy = policy_of(tx)
        if plan.currency not in policy.currencies:
            raise RefusedError(currency_refusal(policy, plan.currency))
        published = tx.plans.all()
        refusal = formula_refusal(plan, formulas) or publish_refusal(plan, published)
        if refusal is not None:
            raise RefusedError(refusal)
        is_new = plan not in published
        misplaced = tuple(cadence_problems(plan, published, policy.calendar)) if is_new else ()
        if misplaced:
            raise InputError(misplaced)
        recorded = _overridden(tx, plan, policy, share_ppm, override, call, is_new=is_new)
        if is_new:
            tx.plans.add(plan, at=call.at)
        if recorded is not None:
            tx.overrides.add(recorded)
        remember(tx, call, "set_plan", inputs)
    return plan


def _overridden(
    tx: Transaction,
    plan: Plan,
    policy: ShopPolicy,
    share_ppm: int | None,
    override: Permission | None,
    call: Call,
    *,
    is_new: bool,
) -> Override | None:
    """Return the override that is to be recorded, if any; or raise why the plan is not published."""
    if override is None and not is_new:
        return None
    found = what_holds_back(plan, policy, share_ppm)
    if override is None:
        if found:
            assert policy.compliance_preset is not None
            preset = policy.compliance_preset
            raise RefusedError(preset_refusal(plan.id, plan.plan_version, preset, found))
        return None
    refusal = override_refusal(override, call.actor, plan=plan.id, breaks=bool(found))
    if refusal is not None:
        raise RefusedError(refusal)
    before = () if is_new else tx.overrides.of(plan.id, plan.plan_version)
    return _recorded(plan, policy, override, found, call, before)


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
