"""What must be kept about compliance: who allowed a plan to break the shop's preset, and what of it."""

import pytest
from attrs import evolve

from distcore.compliance import WORDS, Broken
from distcore.kernel import CompliancePreset, PlanId, RetryableError, limits
from distcore.testing.builders import ALWAYS, LATER, StoreOf, a_plan
from distcore.testing.compliance import an_override
from distcore.testing.contracts.kept import NASTY, TEXTS


class OverridesContract:
    """Overrides, which are written once and for ever."""

    def test_an_override_is_returned_whole(self, store_of: StoreOf) -> None:
        """Every preset and rule, every text, every id: by plan, version and number."""
        every = tuple(Broken(word, f"$.components[{n}]") for n, word in enumerate(WORDS.values()))
        texts = [text for text in TEXTS if text]
        overrides = [
            *(an_override(number=n, preset=each) for n, each in enumerate(CompliancePreset, 1)),
            *(an_override(number=n, reason=text) for n, text in enumerate(texts, 10)),
            *(an_override(number=n, approver=id) for n, id in enumerate(NASTY, 100)),
            *(an_override(number=n, actor=id) for n, id in enumerate(NASTY, 200)),
            an_override(number=limits.UNITS_MAX, broken=every, recorded_at=ALWAYS[0]),
            an_override(plan_version=2, broken=(), recorded_at=ALWAYS[1]),
            an_override(plan="other", plan_version=limits.UNITS_MAX),
        ]
        with store_of("another").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.overrides.add(an_override(number=7))
        with store_of("shop").begin() as tx:
            for id, version in (("plan", 1), ("plan", 2), ("other", limits.UNITS_MAX)):
                tx.plans.add(a_plan(id=id, plan_version=version), at=LATER)
            for override in reversed(overrides):
                tx.overrides.add(override)
            within = list(tx.overrides.all())
        in_order = sorted(overrides, key=lambda each: (each.plan, each.plan_version, each.number))
        with store_of("shop").begin() as tx:
            assert list(tx.overrides.all()) == within == in_order

    def test_overrides_of_a_version_are_those_alone(self, store_of: StoreOf) -> None:
        """By number; another version and another plan have their own."""
        with store_of("shop").begin() as tx:
            for id, version in (("plan", 1), ("plan", 2), ("other", 1)):
                tx.plans.add(a_plan(id=id, plan_version=version), at=LATER)
                for number in (10, 9):
                    tx.overrides.add(an_override(plan=id, plan_version=version, number=number))
        with store_of("shop").begin() as tx:
            found = tx.overrides.of(PlanId("plan"), 2)
            assert list(found) == [an_override(plan_version=2, number=number) for number in (9, 10)]
            assert list(tx.overrides.of(PlanId("plan"), 3)) == []
            assert list(tx.overrides.of(PlanId("PLAN"), 1)) == []

    def test_an_override_that_is_there_is_a_conflict(self, store_of: StoreOf) -> None:
        """Also with the same content: the engine looks first."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.overrides.add(an_override())
        for override in (an_override(), evolve(an_override(), reason="another one")):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.overrides.add(override)
        with store.begin() as tx:
            assert list(tx.overrides.all()) == [an_override()]
