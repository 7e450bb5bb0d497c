"""The pages about reasons have every code, in either language."""

from enum import Enum

import pytest
from tests.docs.reasons import CHINESE_PAGE, PAGE, page, said, sections

from distcore.commission import Language, PeriodReason, Reason
from distcore.engine import Omission, PeriodOmission
from distcore.pricing import Barred, LeftOut, NoPrice
from distcore.referral import Why

PAGES = {Language.ENGLISH: PAGE, Language.CHINESE: CHINESE_PAGE}
KINDS: list[type[Enum]] = [Reason, PeriodReason, Why, Omission, PeriodOmission, Barred, NoPrice, LeftOut]


@pytest.mark.parametrize("language", Language)
def test_the_page_is_what_the_codes_say(language: Language) -> None:
    now = PAGES[language].read_text(encoding="utf-8")

    assert now == page(now, language), "write it anew: python -m tests.docs.reasons"
    assert all(said(now).values()), "say what each means"


@pytest.mark.parametrize("language", Language)
def test_every_reason_is_there(language: Language) -> None:
    told = [set(each) for each in sections(language)]

    assert told == [{code.value for code in kind} for kind in KINDS]
    assert set().union(*told) == set(said(PAGES[language].read_text(encoding="utf-8")))
