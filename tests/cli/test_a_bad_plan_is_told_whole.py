"""All that is wrong with a plan is said at once, and a check in the shop says what publishing it says."""

from pathlib import Path

from tests.cli.shop import PLAN, POLICY, Shop, opened

from distcore.kernel import limits

OWN = """
[[components]]
kind = "custom"
id = "{id}"
name = "{id}"
custom_version = 1
"""
BAD = PLAN.replace('"mall"', '"beside"') + OWN.format(id="one") + OWN.format(id="two")

FORMULAS = [
    "bad.toml:$.components[1].name: no formula one version 1 is registered here",
    "bad.toml:$.components[2].name: no formula two version 1 is registered here",
]
BOTH = "plan beside and plan mall would both be valid in CNY from 2025-12-31T16:00:00Z"
OVERLAP = f"bad.toml:$.valid_from: {BOTH}"
LEVELS = "bad.toml:$.components[0].rules[1]: pays level 2; at most 1 level may be paid"


def strict(tmp_path: Path) -> Shop:
    """Return a shop with a plan, which was published before the preset was set."""
    shop = opened(tmp_path)
    shop.do("init", "--policy", shop.file("strict.toml", POLICY + 'compliance_preset = "cn-strict"\n'))
    return shop


def said(shop: Shop, document: str, name: str = "bad.toml") -> list[str]:
    """Return the lines that both commands say of a plan."""
    file = shop.file(name, document)
    told = shop.refused("plan", "set", file)
    assert shop.refused("plan", "check", file, "--in-shop") == told
    return told.splitlines()


def without_hints(lines: list[str]) -> list[str]:
    return [line.partition(" (")[0] for line in lines]


def test_all_that_is_wrong_is_told_in_one_answer(tmp_path: Path) -> None:
    refused, *problems = said(strict(tmp_path), BAD)
    assert refused.startswith("refused: formula_unknown: no formula one version 1 is registered here (")
    assert without_hints(problems)[:3] == [*FORMULAS, OVERLAP]
    assert LEVELS in without_hints(problems)
    assert all(line.endswith(")") for line in problems)


def test_what_a_document_says_wrong_is_told_with_the_rest(tmp_path: Path) -> None:
    first, *problems = said(strict(tmp_path), BAD.replace("days = 7", "days = -7"))
    assert first == "bad.toml:$.freeze.days: out of range: -7 (from 0 to 3660)"
    assert without_hints(problems)[:3] == [*FORMULAS, OVERLAP]
    assert LEVELS in without_hints(problems)


def test_without_the_shop_nothing_but_the_document_is_asked(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.do("plan", "check", shop.file("bad.toml", BAD))
    wrong = shop.run("plan", "check", shop.file("bad.toml", BAD.replace("days = 7", "days = -7")))
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "bad.toml:$.freeze.days: out of range: -7 (from 0 to 3660)\n",
    )
    assert not shop.database.exists()


def test_what_can_not_be_read_is_told_alike_and_alone(tmp_path: Path) -> None:
    shop = strict(tmp_path)
    unreadable = BAD.replace('"5%"', '"5"').replace("days = 7", "days = -7")
    told = without_hints(said(shop, unreadable))
    assert [line.partition(": ")[0] for line in told] == [
        "bad.toml:$.components[0].rules[1].pays.rate",
        "bad.toml:$.freeze.days",
    ]


def test_one_thing_is_told_by_its_refusal(tmp_path: Path) -> None:
    (told,) = said(opened(tmp_path), PLAN.replace('"mall"', '"beside"'))
    assert told.startswith(f"refused: plans_overlap: {BOTH} (")


def test_a_cap_that_counts_otherwise_is_found_before_it_is_published(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    capped = PLAN.replace("plan_version = 1", "plan_version = {}").replace(
        "[[comp", '[[caps]]\nid = "top"\namount = "5.00"\nper = "{}"\n\n[[comp'
    )
    capped = capped.replace("{ ", "{{ ").replace(" }", " }}")
    shop.do("plan", "set", shop.file("capped.toml", capped.format(2, "earner")))
    (told,) = said(shop, capped.format(3, "buyer"))
    assert told.startswith("refused: cap_differs: cap top of plan mall has another per in version 3 than")


def test_a_shop_that_is_not_there_is_told_by_both(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    file = shop.file("plan.toml", PLAN)
    for command in (("set", file), ("check", file, "--in-shop")):
        found = shop.run("--shop", "another", "plan", *command)
        assert (found.exit_code, "refused: no_policy: shop another" in found.stderr) == (1, True)


def test_of_very_many_problems_some_are_told_and_the_others_counted(tmp_path: Path) -> None:
    count = limits.PROBLEMS_MAX + 5
    lines = said(opened(tmp_path), PLAN + "".join(OWN.format(id=f"own {n}") for n in range(count)))
    assert lines[0].startswith("bad.toml:$.components: there are ")
    assert len(lines) == limits.PROBLEMS_MAX + 1
    assert lines[-1] == "… and 7 more"
