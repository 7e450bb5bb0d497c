"""The Chinese pages are set alike: full-width punctuation, a blank beside Latin words, figures and code."""

import re
from pathlib import Path

import pytest
from tests.docs.twins import CHINESE, ROOT, Section, sections

HAN = "\u4e00-\u9fff"
WIDE = "，。；：？！、（）“”"
WRONG = {
    "no blank beside Latin": re.compile(rf"[{HAN}][A-Za-z0-9`]|[A-Za-z0-9%`][{HAN}]"),
    "half-width": re.compile(rf"[{HAN}`] ?[,;:?!()]|[,;:?!()] ?[{HAN}]|[{HAN}]\.|\"[{HAN}]"),
    "a blank beside full-width": re.compile(rf"[{WIDE}] +[{HAN}A-Za-z0-9`]|[{HAN}A-Za-z0-9`] +[{WIDE}]"),
    "a line that ends within a paragraph": re.compile(rf"[^\n]\n[{HAN}{WIDE}A-Za-z0-9`*]"),
}
"""What a reader of Chinese stumbles over; browsers show the end of a line as a blank."""


def wrong(text: str) -> list[str]:
    """Return what is set wrongly in the text of a page, outside code and the targets of links."""
    parts = [part for each in sections(text) for part in _parts(each)]
    plain = re.sub(r"`[^`]+`", "`code`", "\n\n".join(parts))
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", plain)
    return [
        f"{what}: {plain[max(0, match.start() - 10) : match.end() + 10]!r}"
        for what, pattern in WRONG.items()
        for match in pattern.finditer(plain)
    ]


def _parts(section: Section) -> list[str]:
    cells = [cell for table in section.tables for row in table for cell in row]
    return [section.title, "\n".join(section.prose), *cells]


@pytest.mark.parametrize(
    "page",
    [ROOT / "README.zh-CN.md", *sorted(CHINESE.rglob("*.md"))],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_a_page_is_set_well(page: Path) -> None:
    assert wrong(page.read_text(encoding="utf-8")) == []


def test_chinese_that_is_set_well_passes() -> None:
    text = "# 冻结\n\n一单冻结 7 天，见 `freeze` 和[文档格式](documents.md)（10%，可改）。\n\n- 一\n- 二\n"

    assert wrong(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "冻结7 天",
        "冻结 7天",
        "冻结`freeze`",
        "冻结,解冻",
        "冻结 (解冻)",
        "冻结.",
        "冻结： 7 天",
        "冻结 ，解冻",
        "冻\n结",
    ],
)
def test_chinese_that_is_not_is_found(text: str) -> None:
    assert wrong(text)
