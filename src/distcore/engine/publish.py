"""A shop sets its policy and publishes its plans."""

from distcore.commission import NO_FORMULAS, Formulas, Plan, formula_refusal, plan_errors, publish_refusal
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import called, done_before, remember
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
    tx: Transaction, plan: Plan, *, at: Instant, actor: str, key: str, formulas: Formulas = NO_FORMULAS
) -> Plan:
    """Publish a version of a plan; published again unchanged it is left alone.

    Raises `InputError` for an impossible plan and `RefusedError` where another plan is valid, or where it
    pays by a formula that is not among those that the shop registered.
    """
    problems = plan_errors(plan)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    tx.members.lock()  # of two plans at once, both would find their time free
    if done_before(tx, call, "set_plan", plan) is None:
        policy = policy_of(tx)
        if plan.currency not in policy.currencies:
            raise RefusedError(currency_refusal(policy, plan.currency))
        published = tx.plans.all()
        refusal = formula_refusal(plan, formulas) or publish_refusal(plan, published)
        if refusal is not None:
            raise RefusedError(refusal)
        if plan not in published:
            tx.plans.add(plan, at=call.at)
        remember(tx, call, "set_plan", plan)
    return plan
