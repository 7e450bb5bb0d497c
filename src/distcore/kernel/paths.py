"""Paths such as `cn/zj/hangzhou`: of goods and of places, from the whole to its parts.

The one rule this file protects: a path is cut at its slashes and nowhere else, so `cn/z` lies in `cn` and
not in `c`.  None of its parts is empty: `cn//zj` would lie one level deeper than `cn/zj`, and not in it.

    >>> from distcore.kernel import paths_to
    >>> paths_to("cn/zj/hangzhou")
    ('cn', 'cn/zj', 'cn/zj/hangzhou')
"""

from typing import Final

from distcore.kernel.checks import length_problem, text_problem
from distcore.kernel.limits import REGION_LENGTH_MAX
from distcore.kernel.outcome import Problem

_SLASH: Final = "/"
_EMPTY_PART: Final = "//"


def path_problem(path: object, where: str) -> Problem | None:
    """Return what keeps a value from being a path, or None."""
    problem = text_problem(path, where)
    if problem is not None:
        return problem
    assert isinstance(path, str), "a text"
    if not path or path[0] == _SLASH or path[-1] == _SLASH or _EMPTY_PART in path:
        return Problem(where, "is not a path", "write it as food/fresh or cn/zj")
    return None


def region_problem(region: object, where: str) -> Problem | None:
    """Return what keeps a value from being a region that somebody can be agent of, or None."""
    problem = path_problem(region, where)
    if problem is not None:
        return problem
    assert isinstance(region, str), "a path"
    return length_problem(region, where, most=REGION_LENGTH_MAX)


def paths_to(path: str) -> tuple[str, ...]:
    """Return a path and all that it lies in, the outermost first; an empty one lies nowhere."""
    ends = [place for place, letter in enumerate(path) if letter == _SLASH]
    return tuple(path[:end] for end in [*ends, len(path)]) if path else ()


def level_in(path: str) -> int:
    """Return how deep a path lies: 1 for its first part."""
    return path.count(_SLASH) + 1
