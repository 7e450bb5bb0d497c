"""A document of an older version is made a newer one, a step at a time; one of the future is refused."""

from typing import Any

import pytest
from attrs import evolve, frozen
from tests.codec.documents import a_plan, a_policy, as_json, problems_of, without

from distcore.codec import Media
from distcore.codec.documents import PLAN, POLICY, Format, dump, load
from distcore.kernel import InputError, Problem


@frozen
class Tea:
    """Version 1 had `cups`, version 2 a `pot` with cups, version 3 several pots."""

    pots: tuple[int, ...]


def second(body: dict[str, Any]) -> dict[str, Any]:
    return without(body, "cups") | ({"pot": body["cups"]} if "cups" in body else {})


def third(body: dict[str, Any]) -> dict[str, Any]:
    return without(body, "pot") | ({"pots": [body["pot"]]} if "pot" in body else {})


def no_problems(_: Tea) -> tuple[Problem, ...]:
    return ()


TEA = Format("tea", 3, Tea, no_problems, {1: second, 2: third})


@pytest.mark.parametrize(
    "tree",
    [
        {"document": "tea", "version": 1, "cups": 4},
        {"document": "tea", "version": 2, "pot": 4},
        {"document": "tea", "version": 3, "pots": [4]},
    ],
)
def test_every_version_is_read_as_the_newest(tree: dict[str, Any]) -> None:
    assert load(as_json(tree), Media.JSON, TEA) == Tea((4,))


def test_only_the_newest_version_is_written() -> None:
    assert '"version": 3' in dump(Tea((4,)), TEA)


def test_what_an_upgrade_does_not_know_is_left_to_be_refused() -> None:
    with pytest.raises(InputError) as caught:
        load(as_json({"document": "tea", "version": 1, "cups": "4", "milk": 1}), Media.JSON, TEA)

    assert [problem.where for problem in caught.value.problems] == ["$.milk", "$.pots[0]"]


def test_a_version_without_its_upgrade_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError, match="tea lacks an upgrade"):
        evolve(TEA, version=4)


@pytest.mark.parametrize("form", [PLAN, POLICY], ids=lambda form: form.name)
def test_the_first_version_is_the_only_one_yet(form: Format[Any]) -> None:
    assert (form.version, form.upgrades) == (1, {})


def test_a_newer_version_says_so_and_nothing_else_is_judged() -> None:
    (problem,) = problems_of(a_plan(version=2, colour="red"))

    assert (problem.where, problem.message) == ("$.version", "newer than this release knows: 2")
    assert problem.hint == "this release reads versions up to 1; a newer one may read it"


def test_a_newer_version_of_something_else_says_both() -> None:
    found = problems_of(a_policy(document="commission-plan", version=2) | {"document": "shop"})

    assert [problem.where for problem in found] == ["$.document", "$.version"]


@pytest.mark.parametrize("version", [0, -1, True, "1", 1.0, None, [1], 10**30])
def test_there_is_no_such_version(version: object) -> None:
    (problem,) = problems_of(a_plan(version=version))

    assert problem.where == "$.version"
    assert "this release reads" in problem.hint


def test_a_header_that_is_missing_is_reported_with_the_rest() -> None:
    found = problems_of(without(a_plan(colour="red"), "document", "version"))

    assert [problem.where for problem in found] == ["$.document", "$.version", "$.colour"]
    assert [problem.hint for problem in found[:2]] == ['document = "commission-plan"', "version = 1"]


def test_another_document_is_named() -> None:
    with pytest.raises(InputError, match="not a shop-policy: 'commission-plan'"):
        load(as_json(a_plan()), Media.JSON, POLICY)
