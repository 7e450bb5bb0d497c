"""Writes the pages about refusals from the codes themselves.

`python -m tests.docs.errors` does it, a test compares.  The English sentences are those of the code; the
Chinese ones are written on the Chinese page, and stay: a new code says nothing there yet.
"""

import re
from collections.abc import Mapping
from string import Formatter
from types import ModuleType
from typing import Final

from tests.docs.twins import CHINESE, DOCS

from distcore.catalog import refusals as of_catalog
from distcore.commission import refusals as of_commission
from distcore.compliance import refusals as of_compliance
from distcore.coupons import refusals as of_coupons
from distcore.engine import refusals as of_engine
from distcore.groups import refusals as of_groups
from distcore.kernel import Code
from distcore.members import refusals as of_members
from distcore.payout import refusals as of_payout
from distcore.pricing import refusals as of_pricing
from distcore.referral import refusals as of_referral
from distcore.settlement import refusals as of_settlement

PAGE: Final = DOCS / "reference" / "errors.md"
CHINESE_PAGE: Final = CHINESE / "reference" / "errors.md"

SECTIONS: Final[Mapping[str, ModuleType]] = {
    "Any command": of_engine,
    "Members": of_referral,
    "Tiers": of_members,
    "Plans, sales and corrections": of_commission,
    "Compliance": of_compliance,
    "Settlement": of_settlement,
    "Payouts": of_payout,
    "Products": of_catalog,
    "Prices and quotes": of_pricing,
    "Coupons": of_coupons,
    "Groups": of_groups,
}
"""The headings of the English page, each with the module of its codes; the Chinese page has it too."""

ROW: Final = re.compile(r"^\| `(?P<code>\w+)` \| (?P<says>.*) \| (?P<hint>.*) \|$", re.MULTILINE)


def codes(module: ModuleType) -> list[Code]:
    """Return the codes of a module in the order in which they are declared."""
    return [each for each in vars(module).values() if isinstance(each, Code)]


def page(now: str) -> str:
    """Return the English page with the rows that the code has now."""
    return _written(now, {code.name: (code.says, code.hint) for code in _all()})


def chinese_page(now: str) -> str:
    """Return the Chinese page with a row for every code, and what it says of it, if anything."""
    return _written(now, said(now))


def said(page: str) -> dict[str, tuple[str, str]]:
    """Return what a page says of each code: the sentence and the hint, as they are meant."""
    return {row["code"]: (_plain(row["says"]), _plain(row["hint"])) for row in ROW.finditer(page)}


def facts(template: str) -> set[str]:
    """Return the names of the facts that a sentence is made of."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def _all() -> list[Code]:
    return [code for module in SECTIONS.values() for code in codes(module)]


def _written(now: str, sentences: Mapping[str, tuple[str, str]]) -> str:
    start, *sections = re.split(r"^(?=## )", now, flags=re.MULTILINE)
    assert len(sections) == len(SECTIONS), "a heading for each module"
    parts = [start]
    for section, module in zip(sections, SECTIONS.values(), strict=True):
        frame = ROW.sub("", section).rstrip("\n")
        rows = [_row(code.name, *sentences.get(code.name, ("", ""))) for code in codes(module)]
        parts.append("\n".join([frame, *rows]) + "\n\n")
    return "".join(parts).rstrip("\n") + "\n"


def _row(code: str, says: str, hint: str) -> str:
    return f"| `{code}` | {_marked(says)} | {_marked(hint)} |"


def _marked(template: str) -> str:
    """Return a sentence with its facts in italics, as they are named in `refusal.facts`."""
    return re.sub(r"\{(\w+)(?:!r)?\}", r"*\1*", template)


def _plain(cell: str) -> str:
    return re.sub(r"\*(\w+)\*", r"{\1}", cell)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    CHINESE_PAGE.write_text(chinese_page(CHINESE_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
