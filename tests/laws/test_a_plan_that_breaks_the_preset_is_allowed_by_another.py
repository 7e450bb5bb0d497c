"""For any plan and preset, on every store: a version stands only if it breaks nothing, or was allowed."""

from collections.abc import Callable

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from distcore import engine
from distcore.commission import Plan
from distcore.compliance import Permission, breaking, broken_by
from distcore.kernel import Actor, CompliancePreset
from distcore.ports import Store
from distcore.testing.builders import Shop, a_policy
from distcore.testing.worlds import drawn, random_plan

TIERS = st.lists(st.sampled_from(["", "gold", "silver"]), unique=True).map(tuple)


@given(drawn(random_plan), st.sampled_from(CompliancePreset), TIERS)
def test_what_stands_breaks_nothing_or_was_allowed(
    new_store: Callable[[], Store], plan: Plan, preset: CompliancePreset, fee_tiers: tuple[str, ...]
) -> None:
    policy = evolve(a_policy(), compliance_preset=preset, fee_tiers=fee_tiers)
    broken = breaking(engine.plan_findings(plan, policy))
    permission = Permission("a pilot", Actor("boss"))
    shop = Shop(new_store())
    shop.do(engine.set_policy, policy)

    before = shop.dump()
    if broken:
        assert shop.refused(engine.set_plan, plan) == "plan_breaks_preset"
        assert shop.refused(engine.set_plan, plan, override=permission, actor="boss") == "own_override"
    else:
        assert shop.refused(engine.set_plan, plan, override=permission) == "nothing_to_override"
    assert shop.dump() == before

    shop.do(engine.set_plan, plan, override=permission if broken else None, key="publish")
    once = shop.dump()
    shop.do(engine.set_plan, plan, override=permission if broken else None, key="publish")
    shop.do(engine.set_plan, plan, override=permission if broken else None, key="publish")
    assert shop.dump() == once
    with shop.store.begin() as tx:
        assert list(tx.plans.all()) == [plan]
        assert [each.broken for each in tx.overrides.all()] == ([broken_by(broken)] if broken else [])
        assert engine.verify(tx).sound
