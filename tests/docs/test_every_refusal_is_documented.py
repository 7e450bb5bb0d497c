"""The pages about refusals have every code, in either language, with the facts of its sentences."""

import pytest
from tests.docs.errors import CHINESE_PAGE, PAGE, SECTIONS, chinese_page, codes, facts, page, said

from distcore.kernel import Code

CODES = [code for module in SECTIONS.values() for code in codes(module)]
CHINESE = said(CHINESE_PAGE.read_text(encoding="utf-8"))


def test_the_english_page_is_what_the_codes_say() -> None:
    now = PAGE.read_text(encoding="utf-8")

    assert now == page(now), "write it anew: python -m tests.docs.errors"


def test_the_chinese_page_has_the_same_codes() -> None:
    now = CHINESE_PAGE.read_text(encoding="utf-8")

    assert now == chinese_page(now), "write it anew: python -m tests.docs.errors"


@pytest.mark.parametrize("code", CODES, ids=[code.name for code in CODES])
def test_the_chinese_page_says_it_with_the_same_facts(code: Code) -> None:
    says, hint = CHINESE[code.name]

    assert says, "say in Chinese what it means"
    assert hint, "say in Chinese what to do"
    assert (facts(says), facts(hint) - facts(says)) == (facts(code.says), facts(code.hint) - facts(code.says))


def test_no_two_refusals_have_one_code() -> None:
    names = [code.name for code in CODES]

    assert len(set(names)) == len(names)
