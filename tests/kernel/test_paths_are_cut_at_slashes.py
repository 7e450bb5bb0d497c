"""Paths of goods and of places: cut at their slashes, from the whole to its parts."""

import pytest

from distcore.kernel import level_in, limits, path_problem, paths_to, region_problem


@pytest.mark.parametrize(
    ("path", "paths"),
    [
        ("", ()),
        ("cn", ("cn",)),
        ("cn/zj/hangzhou", ("cn", "cn/zj", "cn/zj/hangzhou")),
        ("中国/浙江", ("中国", "中国/浙江")),
        ("a//b", ("a", "a/", "a//b")),
        ("/cn/", ("", "/cn", "/cn/")),
    ],
)
def test_a_path_lies_in_each_of_its_beginnings(path: str, paths: tuple[str, ...]) -> None:
    assert paths_to(path) == paths


@pytest.mark.parametrize("path", ["cn", "cn/zj", "cn/zj/hangzhou", "a//b"])
def test_a_level_counts_the_beginnings(path: str) -> None:
    assert level_in(path) == len(paths_to(path))


@pytest.mark.parametrize("problem_of", [path_problem, region_problem])
def test_what_is_no_path_says_why(problem_of: object) -> None:
    assert callable(problem_of)
    assert problem_of("cn/zj", "here") is None
    for wrong, message in (
        ("", "is not a path"),
        ("/cn", "is not a path"),
        ("cn/", "is not a path"),
        ("cn//zj", "is not a path"),
        ("cn///zj", "is not a path"),
        ("/", "is not a path"),
        (None, "not a text: None"),
        ("c\x00", "has a character that is not allowed"),
    ):
        problem = problem_of(wrong, "here")
        assert (problem.where, problem.message[: len(message)]) == ("here", message)
        if message == "is not a path":  # of goods or of a place: the hint has to do for both
            assert problem.hint == "write it as food/fresh or cn/zj"


def test_a_region_of_agents_is_no_longer_than_an_index_holds() -> None:
    longest = "x" * limits.REGION_LENGTH_MAX
    assert region_problem(longest, "") is None
    assert path_problem(longest + "x", "") is None
    problem = region_problem(longest + "x", "region")
    assert problem is not None
    assert problem.where == "region"
    assert problem.message.startswith("too long")
