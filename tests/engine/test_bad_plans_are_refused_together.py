"""All that is wrong with a plan is told in one answer, each with its path, and nothing is stored."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from random import Random
from typing import Any

import attrs
import pytest
from attrs import evolve
from tests.builders import ACTOR, CNY, SHANGHAI, Shop, day, percent, plan, shop
from tests.periods import TEAMS

from distcore import engine
from distcore.commission import Cap, Custom, CustomCase, Freeze, FreezeFrom, Per, Plan, plan_errors
from distcore.compliance import CompliancePreset, Permission
from distcore.engine.objections import objection_error
from distcore.kernel import (
    Actor,
    Cadence,
    CapId,
    ComponentId,
    Currency,
    DistcoreError,
    EveryDays,
    PlanId,
    RefusedError,
    ShopPolicy,
    parse_instant,
)
from distcore.memory import MemoryStore
from distcore.testing.worlds import FORMULAS, random_plan

FREE = ShopPolicy(SHANGHAI, (CNY,))
STRICT = evolve(FREE, compliance_preset=CompliancePreset.CN_STRICT)

MONTH = Cap(CapId("month"), 1_000, within=Cadence.MONTHLY)
FIRST = evolve(plan(percent("10%", 1)), period_components=(TEAMS,), caps=(MONTH,))
OLD = evolve(plan(percent("10%", 1)), id=PlanId("old"), valid_from=day(-99), valid_until=day(0))


def pays_nothing(case: CustomCase) -> list[list[int]]:
    return [[0 for _ in case.lines] for _ in case.claims]


def own(name: str) -> Custom:
    return Custom(ComponentId(name), name, 1)


BAD = evolve(
    FIRST,
    plan_version=2,
    valid_from=day(-9),
    valid_until=day(9),
    period_cadence=Cadence.WEEKLY,
    components=(own("one"), own("two"), *plan(percent("10%", 1), percent("5%", 2)).components),
    caps=(Cap(CapId("new"), 1), evolve(MONTH, per=Per.BUYER)),
    freeze=Freeze(7, FreezeFrom.PAID),
)
"""A version that does everything wrong that a version can do."""

FORMULAS_UNKNOWN = [("$.components[0].name", "formula_unknown"), ("$.components[1].name", "formula_unknown")]
NAMELESS = evolve(own("one"), name="")
BESIDE = [("$.caps[1]", "cap_differs"), ("$.valid_from", "plans_overlap")]
CADENCE = [("$.valid_until", None)]


def a_shop(policy: ShopPolicy = STRICT) -> Shop:
    """Return a shop with two plans, published before it had a preset."""
    found = shop(policy=FREE, plan=FIRST)
    found.do(engine.set_plan, OLD)
    found.do(engine.set_policy, policy)
    return found


def objections(found: Shop, bad: Plan, **options: Any) -> list[tuple[str, str | None]]:
    """Return what is objected to a plan, which `set_plan` has to tell word for word."""
    told = found.ask(engine.plan_objections, bad, **options)
    if told and "preset" not in options:
        with found.store.begin() as tx, pytest.raises(DistcoreError) as raised:
            engine.set_plan(tx, bad, at=day(1), actor=ACTOR, key="bad", **options)
        expected = objection_error(told)
        assert (type(raised.value), str(raised.value)) == (type(expected), str(expected))
    errors = plan_errors(bad)
    assert all(each.problem.hint or each.problem in errors for each in told)
    return [(each.problem.where, each.refusal.code if each.refusal else None) for each in told]


def test_each_thing_that_is_wrong_is_told_with_its_path() -> None:
    found = a_shop()
    told = objections(found, BAD)
    assert told[:5] == FORMULAS_UNKNOWN + BESIDE + CADENCE
    assert {code for _, code in told[5:]} == {"plan_breaks_preset"}
    assert {where for where, _ in told[5:]} == {
        "$.components",
        "$.components[0]",
        "$.components[1]",
        "$.components[2].rules[1]",
        "$.freeze.counts_from",
        "$.period_components[0]",
    }
    assert found.refused(engine.set_plan, BAD).code == "formula_unknown"


def test_what_is_mended_is_told_no_more_and_what_is_left_is_told_by_its_own_code() -> None:
    found, known = a_shop(), {("one", 1): pays_nothing, ("two", 1): pays_nothing}
    preset = objections(found, BAD)[5:]
    assert objections(found, BAD, formulas=known) == BESIDE + CADENCE + preset
    capped = evolve(BAD, caps=BAD.caps[:1])
    assert objections(found, capped, formulas=known) == BESIDE[1:] + CADENCE + preset
    begun = evolve(capped, valid_from=day(0))
    assert objections(found, begun, formulas=known) == CADENCE + preset
    monthly = evolve(begun, period_cadence=Cadence.MONTHLY)
    assert objections(found, monthly, formulas=known) == preset
    found.do(engine.set_policy, FREE)
    assert objections(found, monthly, formulas=known) == []
    assert objections(found, monthly, formulas=known, preset=STRICT.compliance_preset) == preset
    assert found.do(engine.set_plan, monthly, formulas=known) == monthly
    assert objections(found, monthly) == FORMULAS_UNKNOWN


def test_an_impossible_plan_is_told_what_else_is_wrong_with_it() -> None:
    found = a_shop()
    told = objections(found, evolve(BAD, freeze=Freeze(-1, FreezeFrom.PAID)))
    assert told == [("$.freeze.days", None), *objections(found, BAD)]


@pytest.mark.parametrize(
    ("changes", "wrong", "is_told"),
    [
        (
            {"components": (NAMELESS, own("two"))},
            "$.components[0].name",
            FORMULAS_UNKNOWN[1:],
        ),
        ({"caps": (evolve(MONTH, amount_minor=-1, per=Per.BUYER),)}, "$.caps[0].amount", BESIDE[1:]),
        ({"currency": Currency("yuan")}, "$.currency", []),
        ({"period_cadence": EveryDays(0, date(2026, 1, 1))}, "$.period_cadence.days", BESIDE),
        ({"plan_version": 0}, "$.plan_version", BESIDE),
    ],
)
def test_what_rests_on_a_part_that_is_wrong_is_not_asked(
    changes: dict[str, Any], wrong: str, is_told: list[tuple[str, str]]
) -> None:
    told = objections(a_shop(), evolve(BAD, **changes))
    assert told[0] == (wrong, None)
    for place in {where for where, _ in FORMULAS_UNKNOWN + BESIDE} & {wrong.rpartition(".")[0], wrong}:
        assert place not in [where for where, _ in told[1:]]
    assert set(is_told) <= set(told)


def test_a_plan_that_is_never_valid_is_in_nobodys_way() -> None:
    told = objections(a_shop(FREE), evolve(BAD, valid_until=parse_instant("1970-01-01T00:00:00Z")))
    assert told == [("$.valid_until", None), *FORMULAS_UNKNOWN, BESIDE[0]]


def test_what_is_no_plan_is_asked_nothing_else() -> None:
    shapeless: Any = {"caps": "none", "plan_version": True}
    told = objections(a_shop(), evolve(BAD, **shapeless))
    assert told == [("$.plan_version", None), ("$.caps", None)]


def test_a_shop_without_a_policy_says_so_unless_the_plan_is_impossible() -> None:
    with MemoryStore("nobody").begin() as tx:
        for refused in (engine.plan_objections, partial(engine.set_plan, at=day(1), actor=ACTOR, key="k")):
            with pytest.raises(RefusedError, match="no_policy"):
                refused(tx, BAD)
        (told,) = engine.plan_objections(tx, evolve(BAD, freeze=Freeze(-1)), preset=STRICT.compliance_preset)
        assert (told.problem.where, told.refusal) == ("$.freeze.days", None)


def test_a_currency_that_the_shop_does_not_have_is_one_thing_among_others() -> None:
    yen = evolve(BAD, currency=Currency("JPY"))
    assert objections(a_shop(FREE), yen) == [
        ("$.currency", "currency_not_of_shop"),
        *FORMULAS_UNKNOWN,
        ("$.caps[1]", "cap_differs"),
        ("$.caps[1]", "cap_differs"),
    ]


def test_a_version_that_is_taken_is_asked_as_the_next_one() -> None:
    """It would begin inside a month of the version that has its number."""
    found = a_shop(FREE)
    weekly = evolve(
        FIRST, period_cadence=Cadence.WEEKLY, valid_from=day(9), caps=(evolve(MONTH, within=None),)
    )
    assert objections(found, weekly) == [
        ("$.plan_version", "plan_exists"),
        ("$.caps[0]", "cap_differs"),
        ("$.valid_from", None),
    ]


def test_a_plan_in_the_way_of_another_is_asked_as_if_it_took_its_place() -> None:
    """Whichever of them is mended, it is not found only then that it begins inside a month."""
    found = shop(policy=FREE, plan=evolve(FIRST, plan_version=7))
    weekly = evolve(
        FIRST, id=PlanId("new"), period_cadence=Cadence.WEEKLY, valid_from=day(9), valid_until=day(16)
    )
    told = found.ask(engine.plan_objections, weekly)
    assert [each.problem.where for each in told] == ["$.valid_from", "$.valid_from", "$.valid_until"]
    assert "of version 7 of plan" in told[1].problem.message
    assert "of version 1 of new" in told[2].problem.message


@pytest.mark.parametrize(
    ("policy", "override", "last"),
    [
        (STRICT, Permission("why", Actor("boss")), CADENCE[0]),
        (STRICT, Permission("why", Actor(ACTOR)), ("override.approver", "own_override")),
        (FREE, Permission("why", Actor("boss")), ("override", "nothing_to_override")),
    ],
)
def test_whoever_allows_it_is_told_what_else_is_wrong(
    policy: ShopPolicy, override: Permission, last: tuple[str, str | None]
) -> None:
    with a_shop(policy).store.begin() as tx, pytest.raises(RefusedError) as raised:
        engine.set_plan(tx, BAD, at=day(1), actor=ACTOR, key="k", override=override)
    where = [each.where for each in raised.value.problems]
    assert where[:5] == [each for each, _ in FORMULAS_UNKNOWN + BESIDE + CADENCE]
    assert (raised.value.refusal.code, where[-1]) == ("formula_unknown", last[0])
    assert len(where) == 5 + (last[1] is not None)


def test_a_permission_that_is_impossible_is_told_with_the_plan() -> None:
    no_reason = Permission(" ", Actor("boss"))
    problems = a_shop().problems(engine.set_plan, BAD, override=no_reason)
    assert [each.split(": ")[0] for each in problems] == [
        "override.reason",
        *(where for where, _ in FORMULAS_UNKNOWN + BESIDE + CADENCE),
    ]
    impossible = evolve(BAD, freeze=Freeze(-1))
    problems = a_shop(FREE).problems(engine.set_plan, impossible, override=evolve(no_reason, reason="why"))
    assert not any(each.startswith("override") for each in problems)


def test_a_key_is_used_up_by_no_refusal() -> None:
    found = a_shop(FREE)
    assert found.refused(engine.set_plan, BAD, key="k").code == "formula_unknown"
    found.do(engine.set_plan, evolve(FIRST, plan_version=2), key="k")


# Whatever stands in a plan, it is refused in words


Path = tuple[str | int, ...]

HOSTILE: dict[type, tuple[Any, ...]] = {
    int: (-1, 0, 10**30),
    str: ("", "\ud800", "a\nb"),
    datetime: (parse_instant("1970-01-01T00:00:00Z"), parse_instant("9998-12-31T00:00:00Z"), day(3)),
}


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the parts of a plan that can be replaced by others of their kind."""
    if attrs.has(type(value)):
        for each in attrs.fields(type(value)):
            yield from places(getattr(value, each.name), (*path, each.name))
    elif isinstance(value, tuple):
        yield path, value
        for place, item in enumerate(value):
            yield from places(item, (*path, place))
    elif type(value) in HOSTILE:
        yield path, value


def put(value: Any, path: Path, part: Any) -> Any:
    if not path:
        return part
    (head, *rest) = path
    if isinstance(head, int):
        return (*value[:head], put(value[head], tuple(rest), part), *value[head + 1 :])
    return evolve(value, **{head: put(getattr(value, head), tuple(rest), part)})


def spoiled(random: Random) -> Plan:
    """Return a random plan of which a part or two are as wrong as parts of their kind can be."""
    bad = evolve(
        random_plan(random, formulas=True),
        id=random.choice((FIRST.id, PlanId("new"))),
        currency=CNY,
        valid_from=random.choice((day(0), day(9))),
        period_components=(TEAMS,),
    )
    for _ in range(random.randint(1, 2)):
        path, part = random.choice(list(places(bad)))
        instead = (
            part * random.choice((0, 2, 40))
            if isinstance(part, tuple)
            else random.choice(HOSTILE[type(part)])
        )
        with suppress(DistcoreError):  # a rate checks itself
            bad = put(bad, path, instead)
    return bad


@pytest.mark.parametrize("seed", range(300))
def test_whatever_is_wrong_is_told_after_what_is_impossible(seed: int) -> None:
    found, bad = a_shop(), spoiled(Random(seed))
    errors, told = plan_errors(bad), found.ask(engine.plan_objections, bad, formulas=FORMULAS)
    assert tuple(each.problem for each in told[: len(errors)]) == errors
    if not told:
        assert found.do(engine.set_plan, bad, formulas=FORMULAS) == bad
    elif told[0].refusal is None:
        problems = found.problems(engine.set_plan, bad, formulas=FORMULAS)
        assert problems == [str(each.problem) for each in told]
    else:
        assert found.refused(engine.set_plan, bad, formulas=FORMULAS) == told[0].refusal
