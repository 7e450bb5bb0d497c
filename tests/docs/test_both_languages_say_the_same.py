"""Every page that a user reads is there in English and in Chinese, and neither changes alone.

What can be compared without reading is compared, see `twins`; the rest is up to whoever changes a page.
"""

import os
import re
from pathlib import Path

import pytest
from tests.codec.pages import rows
from tests.docs.twins import CHINESE, DOCS, ROOT, differences

ENGLISH_ONLY = {
    "decisions": "they are for developers",
    "plans": "a test plays them, by their English headings",
    "scenarios": "a test plays them, too",
    "zh": "they are the twins",
}
INDEX = "index.md"
"""The one page that isn't compared: the Chinese one introduces the English pages instead of listing them."""

README = (ROOT / "README.md", ROOT / "README.zh-CN.md")


def below(folder: Path) -> set[str]:
    """Return the pages of a folder, but those below `_build`."""
    pages = {page.relative_to(folder).as_posix() for page in folder.rglob("*.md")}
    return {page for page in pages if "_build" not in page}


ENGLISH = {page for page in below(DOCS) if page.split("/")[0] not in ENGLISH_ONLY}
TWINS = [(DOCS / page, CHINESE / page) for page in sorted(ENGLISH & below(CHINESE))]
COMPARED = [README, *(pair for pair in TWINS if pair[0] != DOCS / INDEX)]


def name_of(page: Path) -> str:
    """Return what a test of this page is called."""
    return page.relative_to(ROOT).as_posix()


def test_every_page_has_a_twin() -> None:
    assert below(CHINESE) == ENGLISH


@pytest.mark.parametrize(("english", "chinese"), TWINS, ids=name_of)
def test_twins_link_to_each_other_at_the_top(english: Path, chinese: Path) -> None:
    for page, language, twin in ((english, "中文", chinese), (chinese, "English", english)):
        link = Path(os.path.relpath(twin, page.parent)).as_posix()

        assert page.read_text(encoding="utf-8").splitlines()[2] == f"[{language}]({link})"


@pytest.mark.parametrize(("english", "chinese"), COMPARED, ids=name_of)
def test_twins_have_the_same_frame_code_and_figures(english: Path, chinese: Path) -> None:
    assert differences(english.read_text(encoding="utf-8"), chinese.read_text(encoding="utf-8")) == []


def test_the_chinese_index_introduces_every_page_that_is_played_and_the_decisions() -> None:
    linked = re.findall(
        r"\]\(\.\./((?:plans|scenarios|decisions)/\S+)\)", (CHINESE / INDEX).read_text(encoding="utf-8")
    )

    played = {page for page in below(DOCS) if page.startswith(("plans/", "scenarios/"))}
    assert sorted(linked) == sorted({*played, "decisions/index.md"})


def test_the_glossaries_have_the_same_pairs_of_words() -> None:
    english, chinese = (
        rows((folder / "reference" / "glossary.md").read_text(encoding="utf-8")) for folder in (DOCS, CHINESE)
    )

    assert [(term, word) for word, term, _ in chinese] == [row[:2] for row in english]


PAGE = """# Freeze

[中文](../zh/page.md)

Seven days, `freeze = 7`; 6.4 million rows, see [files](files.md#limits).

| field | default |
|---|---|
| `days` | 7 |

<!-- translated: next -->
```text
sale ──▶ fact
```

```toml
days = 7
```

## Limits
"""

TWIN = """# 冻结

[English](../../page.md)

7 天，即 `freeze = 7`；640 万行，见[数据文件](files.md#上限)。

| 字段 | 默认值 |
|---|---|
| `days` | 7 |

<!-- translated: next -->
```text
销售 ──▶ 事实
```

```toml
days = 7
```

## 上限
"""


def test_a_translation_is_no_difference() -> None:
    assert differences(PAGE, TWIN) == []


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("## Limits", "### Limits", "levels of headings"),
        ("## Limits\n", "", "levels of headings"),
        ("`freeze = 7`", "`freeze = 8`", "not in the Chinese text: `freeze = 8`"),
        ("6.4 million", "6.5 million", "not in the Chinese text: 6500000"),
        ("files.md", "tables.md", "not in the Chinese text: (tables.md)"),
        ("| `days` | 7 |", "| `days` | 8 |", "cells: '8' and '7'"),
        ("| `days` | 7 |", "| `hours` | 7 |", "cells: '`hours`'"),
        ("| `days` | 7 |", "| `days` | 7 |\n| `hours` | 7 |", "cells of tables by row"),
        ("| `days` | 7 |", "| `days` |", "cells of tables by row"),
        ("sale ──▶ fact", "sale ──▶ fact\nrefund", "code blocks"),
        ("```toml\ndays = 7", "```toml\ndays = 8", "code blocks"),
        ("```toml", "```json", "code blocks"),
    ],
)
def test_a_change_of_one_page_is_found(old: str, new: str, difference: str) -> None:
    assert old in PAGE

    (found,) = differences(PAGE.replace(old, new), TWIN)

    assert difference in found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`freeze = 7`", "冻结"),
        ("640 万", "65 万"),
        ("files.md", "x.md"),
        ("| 7 |", "| 8 |"),
        ("## 上限\n", ""),
    ],
)
def test_a_change_of_the_chinese_page_is_found(old: str, new: str) -> None:
    assert old in TWIN

    assert len(differences(PAGE, TWIN.replace(old, new))) == 1
