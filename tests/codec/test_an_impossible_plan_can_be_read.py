"""A draft may say what no plan can do, so that it can be asked what else is wrong; it has to be readable."""

import pytest
from tests.cli.shop import PLAN

from distcore.codec import Media, draft_plan, load_plan
from distcore.commission import plan_errors
from distcore.kernel import InputError

IMPOSSIBLE = PLAN.replace("days = 7", "days = -7")


def problems(document: str) -> list[str]:
    with pytest.raises(InputError) as raised:
        draft_plan(document.encode(), Media.TOML)
    with pytest.raises(InputError) as expected:
        load_plan(document.encode(), Media.TOML)
    assert raised.value.problems == expected.value.problems
    return [each.where for each in raised.value.problems]


def test_what_is_impossible_is_found_in_the_plan() -> None:
    draft = draft_plan(IMPOSSIBLE.encode(), Media.TOML)
    with pytest.raises(InputError) as raised:
        load_plan(IMPOSSIBLE.encode(), Media.TOML)
    assert plan_errors(draft) == raised.value.problems
    assert draft_plan(PLAN.encode(), Media.TOML) == load_plan(PLAN.encode(), Media.TOML)


def test_what_can_not_be_read_is_told_with_what_is_impossible() -> None:
    assert problems(IMPOSSIBLE.replace('"5%"', '"5"')) == [
        "$.components[0].rules[1].pays.rate",
        "$.freeze.days",
    ]
