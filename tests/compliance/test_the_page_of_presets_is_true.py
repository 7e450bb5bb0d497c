"""The page about compliance lists every demand of every preset, in both languages, as the code has it."""

from pathlib import Path

import pytest
from tests.codec.pages import rows, section
from tests.docs.twins import CHINESE, DOCS

from distcore.compliance import PRESETS, HeadsAndDepth, PaidLevelsMax, Requirement, ShareMax

PAGES = [
    (DOCS / "explanation" / "compliance.md", "The presets", ", "),
    (CHINESE / "explanation" / "compliance.md", "预设", "、"),
]


def demanded(requirement: Requirement, comma: str) -> str:
    """Return how the page writes a demand."""
    match requirement.demand:
        case PaidLevelsMax(levels):
            numbers = [str(levels)]
        case HeadsAndDepth(heads, levels):
            numbers = [str(heads), str(levels)]
        case ShareMax(share):
            numbers = [str(share)]
        case _:
            numbers = []
    return " ".join([f"`{requirement.word}`", comma.join(numbers)]).strip()


@pytest.mark.parametrize(("page", "title", "comma"), PAGES)
def test_every_demand_is_there(page: Path, title: str, comma: str) -> None:
    stated = [row[:4] for row in rows(section(page.read_text(encoding="utf-8"), title))]
    assert stated == [
        (f"`{preset.value}`", demanded(each, comma), f"`{each.severity.value}`", each.since.isoformat())
        for preset, policy in PRESETS.items()
        for each in policy.requirements
    ]
