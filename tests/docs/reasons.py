"""Writes the pages about reason codes from the codes themselves.

`python -m tests.docs.reasons` does it, a test compares.  What explanations say, they say in both languages;
of the others the Chinese page has its own text, which stays: a new code says nothing there yet.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeVar

from tests.docs.twins import CHINESE, DOCS

from distcore.commission import Language
from distcore.commission.period_words import PERIOD_REASONS
from distcore.commission.words import REASONS
from distcore.pricing import Barred, LeftOut, NoPrice
from distcore_cli.reason_words import OMISSIONS, PERIOD_OMISSIONS, TOUCHES

PAGE: Final = DOCS / "reference" / "reasons.md"
CHINESE_PAGE: Final = CHINESE / "reference" / "reasons.md"

BARRED: Final[Mapping[Barred, str]] = {
    Barred.NOT_YET: "its time has not begun",
    Barred.OVER: "its time is over",
    Barred.NOT_AT_THIS_HOUR: "it is not for this hour of the week, in the zone of the shop",
    Barred.OTHER_TIER: "it is for members of other tiers",
    Barred.OTHER_GROUP: "the buyer is in none of its groups",
    Barred.OTHER_CHANNEL: "the order comes by another channel",
    Barred.OTHER_REGION: "the order is sent to another region",
    Barred.NOT_A_NEWCOMER: "the buyer has paid an order before",
    Barred.NOT_IN_A_GROUP: "the cart is not bought in a group of one of its group sales",
}

NO_PRICE: Final[Mapping[NoPrice, str]] = {
    NoPrice.TOO_FEW_UNITS: "its first quantity is not reached; so many units are missing",
    NoPrice.TOO_FEW_LEFT: "of the units that are sold at it in all, fewer are left; it takes so many fewer",
    NoPrice.MEMBER_HAD_ENOUGH: "it is sold to a member only so many times; it takes so many fewer",
    NoPrice.MEMBERS_ONLY: "only so many units are sold to a member, and the buyer is none",
    NoPrice.LOWER_PRIORITY: "a list of a higher priority has a price",
    NoPrice.DEARER: "a list of the same priority has a price that is no higher",
}

LEFT_OUT: Final[Mapping[LeftOut, str]] = {
    LeftOut.OTHER_CURRENCY: "it is in another currency",
    LeftOut.NEEDS_COUPON: "the cart names no coupon for it",
    LeftOut.NO_PRODUCTS: "none of its products is in the cart",
    LeftOut.BELOW_THRESHOLD: "its threshold or first step is not reached; what is missing is told",
    LeftOut.NOTHING_LEFT: "there is nothing left for it to take off",
    LeftOut.GROUP_TAKEN: "another offer of its group is applied",
    LeftOut.STANDS_ALONE: "an exclusive offer is applied, which is better than all others together",
    LeftOut.BETTER_WITHOUT: "the buyer pays less without it, or no more",
}

Said = Mapping[str, str]
"""What is said of each code."""

ROW: Final = re.compile(r"^\| `(?P<code>\w+)` \| (?P<says>.*) \|$", re.MULTILINE)


Code = TypeVar("Code", bound=Enum)


def _said(words: Mapping[Code, str]) -> Said:
    return {code.value: text for code, text in words.items()}


def sections(language: Language) -> list[Said]:
    """Return what is said under each heading, in the order of the page: in Chinese of some nothing yet."""
    explained = [_said(REASONS[language]), _said(PERIOD_REASONS[language])]
    shown = [_said(TOUCHES), _said(OMISSIONS), _said(PERIOD_OMISSIONS)]
    shown += [_said(BARRED), _said(NO_PRICE), _said(LEFT_OUT)]
    if language is Language.ENGLISH:
        return [*explained, *shown]
    return [*explained, *(dict.fromkeys(each, "") for each in shown)]


def page(now: str, language: Language) -> str:
    """Return a page with the rows that the codes have now; what it says itself stays."""
    start, *parts = re.split(r"^(?=## )", now, flags=re.MULTILINE)
    told = sections(language)
    assert len(parts) == len(told), "a heading for each kind of code"
    written = [start]
    for part, says in zip(parts, told, strict=True):
        own = said(part)
        rows = [f"| `{code}` | {text or own.get(code, '')} |" for code, text in says.items()]
        written.append("\n".join([ROW.sub("", part).rstrip("\n"), *rows]) + "\n\n")
    return "".join(written).rstrip("\n") + "\n"


def said(text: str) -> Said:
    """Return what a part of a page says of each code."""
    return {row["code"]: row["says"] for row in ROW.finditer(text)}


if __name__ == "__main__":
    for path, language in ((PAGE, Language.ENGLISH), (CHINESE_PAGE, Language.CHINESE)):
        path.write_text(page(path.read_text(encoding="utf-8"), language), encoding="utf-8")
