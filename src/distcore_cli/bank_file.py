"""The bank file: payouts as CSV for the bank, and for nobody's eyes.

The one rule this file protects: the bank gets every character of an account as the payee gave it, or the
payout is not in the file.  People open the file in a spreadsheet all the same, so what one would take for a
formula is refused instead of altered, also behind a semicolon, at which some split; and so is what a reader
may take for the end of a line, and what nobody sees.  Reports for people have another writer, `render`,
which never sees an account that is not masked.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from distcore.kernel import Code, Refusal, RefusedError, format_minor
from distcore.ports import PayoutOrder
from distcore_cli.render import is_formula

BANK: Final = "bank"
"""The channel that a bank file is for, if no other is named."""

COLUMNS: Final = ("payout_id", "payee_id", "holder", "account", "bank", "amount", "currency")

LINE_ENDS: Final = frozenset({"Cc", "Zl", "Zp"})
"""Categories of characters that some reader takes for the end of a line or a cell."""

JOINERS: Final = frozenset("\u200c\u200d")
"""What nobody sees, and the names of some scripts are spelled with: no account is."""

UNFIT: Final = Code(
    "bank_file_unfit",
    "the {what} of payout {payout} {why}",
    "cancel the payout, let the payee's account be set anew, and request it again",
)


def unfit(order: PayoutOrder) -> Refusal | None:
    """Return why the bank file can't hold a payout, or None; what the payee gave is not repeated."""
    for what, text in _texts(order):
        why = _why_not(text, frozenset() if what == "account" else JOINERS)
        if why is None and what == "account" and not text.strip():
            why = "is blank, or was erased"
        if why is not None:
            return UNFIT.refuse(payout=order.payout.id, what=what, why=why)
    return None


def bank_file(orders: Sequence[PayoutOrder]) -> bytes:
    """Return the file: UTF-8, a header, CRLF; amounts in major units with all decimals, by payout id."""
    for order in orders:
        refusal = unfit(order)
        if refusal is not None:
            raise RefusedError(refusal)
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(COLUMNS)
    out.writerows(_rows(orders))
    return text.getvalue().encode()


def _why_not(text: str, joiners: frozenset[str]) -> str | None:
    if is_formula(text):
        return "begins like a formula of a spreadsheet"
    if any(map(is_formula, text.split(";"))):
        return "has a semicolon before what begins like a formula of a spreadsheet"
    if any(unicodedata.category(character) in LINE_ENDS for character in text):
        return "has a character that ends a line"
    if any(unicodedata.category(character) == "Cf" and character not in joiners for character in text):
        return "has a character that is not seen"
    return None


def _texts(order: PayoutOrder) -> Iterator[tuple[str, str]]:
    payout, details = order.payout, order.details
    yield from (
        ("id", payout.id),
        ("payee", payout.payee),
        ("holder", details.holder),
        ("account", details.account),
        ("bank", details.bank),
    )


def _rows(orders: Iterable[PayoutOrder]) -> Iterator[Sequence[str]]:
    for order in orders:
        payout = order.payout
        texts = (text for _, text in _texts(order))
        yield (*texts, format_minor(payout.amount_minor, payout.currency), payout.currency)
