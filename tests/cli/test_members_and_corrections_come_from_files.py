"""Members in any order, refunds by their rows, chargebacks, cancellations: and what is wrong with them."""

from pathlib import Path

import pytest
from click.testing import Result
from tests.cli.shop import MEMBERS, PRICES, REFUNDS, Shop, opened, traded

HEADER = "member_id,sponsor_id,joined_at,tier,status\n"
DAY = "2026-01-01T00:00:00Z"


def counts(done: Result) -> list[int]:
    """Return what was done, repeated and refused, and how many problems there were."""
    return [int(each) for each in done.stdout.splitlines()[-1].split()[1:]]


def test_a_chain_in_the_worst_order(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    rows = [f"m{n},{f'm{n - 1}' if n else ''},{DAY},,\n" for n in reversed(range(500))]

    done = shop.import_("members", HEADER + "".join(rows))

    assert (done.exit_code, counts(done)) == (0, [500, 0, 0, 0])
    assert len(shop.do("tree", "m499", "--up").splitlines()) == 2 + 499


@pytest.mark.parametrize(
    ("rows", "place", "says"),
    [
        (f"a,nobody,{DAY},,", "2: ", "sponsor_unknown: a: nobody, the sponsor of a, is not a member"),
        (f"a,b,{DAY},,\nb,a,{DAY},,", "2: ", "sponsor_unknown"),
        (f"a,a,{DAY},,", "2: ", "sponsor_unknown"),
        (f"a,,2026-01-02T00:00:00Z,,\nb,a,{DAY},,", "3: ", "sponsor_joined_later"),
        ("a,,2027-01-01T00:00:00Z,,", "2: ", "joins_in_future"),
        (f"a,,{DAY},,gone", "2:status: ", "not a status: 'gone' (active, suspended, terminated)"),
        (f"a,,{DAY},\ta,", "2:tier: ", "has a character that is not allowed"),
        ("a,,2026-01-01,,", "2:joined_at: ", "not an instant"),
        (
            f"a,,{DAY},,\na,,{DAY},gold,",
            "3:member_id: ",
            "'a' stands at members.csv:2 with other particulars",
        ),
        (f" ,,{DAY},,", "2:member_id: ", "is blank"),
        (f"ann,,{DAY},platinum,", "2: ", "key_reused: ann: is there already, with other content"),
    ],
)
def test_a_bad_member_is_refused(tmp_path: Path, rows: str, place: str, says: str) -> None:
    shop = opened(tmp_path)
    shop.import_("members", MEMBERS)

    refused = shop.import_("members", f"{HEADER}{rows}\n")

    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"members.csv:{place}")
    assert says in refused.stderr


def test_a_member_twice_in_the_same_words_is_one(tmp_path: Path) -> None:
    done = opened(tmp_path).import_("members", f"{HEADER}a,,{DAY},,\na,,{DAY},,\n")

    assert (done.exit_code, counts(done)) == (0, [1, 0, 0, 0])


def refund(shop: Shop, *rows: str, repeats: bool = False) -> Result:
    """Import refunds with these rows."""
    header = REFUNDS.splitlines()[0] + (",repeats" if repeats else "")
    return shop.import_("refunds", "\n".join([header, *rows, ""]))


def test_the_rows_of_a_refund_are_one(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    at = "2026-05-01T00:00:00Z"

    done = refund(shop, f"r2,o1,1,1,25.00,{at}", f"r3,o1,1,0,1.00,{at}", f"r2,o1,2,1,9.99,{at}")

    assert (done.exit_code, counts(done)) == (0, [2, 0, 0, 0])
    assert "ben gets 2.40 CNY for line 1" in shop.do("explain", "o1")


def test_a_chargeback_may_stand_above_the_refund_it_repeats(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    done = refund(
        shop,
        "c2,o1,1,1,60.00,2026-05-02T00:00:00Z,r2",
        "r2,o1,1,1,40.00,2026-05-01T00:00:00Z,",
        repeats=True,
    )

    assert (done.exit_code, counts(done)) == (1, [1, 0, 1, 1]), "60.00 is 20.00 more, and 10.00 are left"
    assert refund(shop, "c3,o1,1,1,50.00,2026-05-02T00:00:00Z,r2", repeats=True).exit_code == 0
    assert "line 1" not in shop.do("explain", "o1", "--payee", "ben", "--line", "1").split("posted:")[0]


AT = "2026-05-01T00:00:00Z"


@pytest.mark.parametrize(
    ("row", "place", "says"),
    [
        (f"r2,o9,1,1,1.00,{AT}", "2: ", "sale_unknown: r2: o9 was never accrued"),
        (f"r2,o1,9,1,1.00,{AT}", "2: ", "refund_line_unknown"),
        (f"r2,o1,1,1,50.01,{AT}", "2: ", "refund_too_large"),
        (f"r2,o1,1,2,50.00,{AT}", "2: ", "refund_too_large"),
        (f"r2,o2,1,1,1.00,{AT}", "2: ", "sale_cancelled"),
        ("r2,o1,1,1,1.00,2026-02-01T00:00:00Z", "2: ", "refund_before_payment"),
        ("r2,o1,1,1,1.00,2026-07-01T00:00:00Z", "2: ", "corrected_in_future"),
        (f"r2,o1,1,1,1.001,{AT}", "2:amount: ", "refund 'r2': too many decimals"),
        (
            f"r2,o1,1,1,-1.00,{AT}",
            "2:amount: ",
            "a negative amount: '-1.00' (write what went back as a positive amount)",
        ),
        (f"r2,o1,1,one,1.00,{AT}", "2:units: ", "refund 'r2': not a number of units"),
        (f"r2,o1,1,0,0.00,{AT}", "2:units: ", "neither units nor money"),
        (f"r2,o1,1,1,1.00,{AT}\nr2,o1,1,1,1.00,{AT}", "3:line_id: ", "'1' stands twice"),
        (
            f"r2,o1,1,1,1.00,{AT}\nr2,o2,1,1,1.00,{AT}",
            "3:refund_id: ",
            "has other particulars at refunds.csv:2",
        ),
        (f",o1,1,1,1.00,{AT}", "2:refund_id: ", "is blank (the file is refused"),
        (f"r1,o1,1,1,49.00,{AT}", "2: ", "r1"),
    ],
)
def test_a_bad_refund_is_refused(tmp_path: Path, row: str, place: str, says: str) -> None:
    shop = traded(tmp_path)
    before = shop.dump()

    refused = refund(shop, row)

    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"refunds.csv:{place}"), refused.stderr
    assert says in refused.stderr
    assert shop.dump() == before


def price(shop: Shop, *rows: str) -> Result:
    """Import price corrections with these rows."""
    return shop.import_("prices", "\n".join([PRICES.splitlines()[0], *rows, ""]))


def test_a_price_is_corrected(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    done = price(shop, f"p2,o1,2,1.00,{AT}", f"p1,o1,1,120.00,{AT}", f"p1,o1,2,0.99,{AT}")

    assert (done.exit_code, counts(done)) == (0, [2, 0, 0, 0])
    assert "ben gets 7.00 CNY for line 1" in shop.do("explain", "o1"), "10 % of the 70.00 that are left"
    assert "ben gets 0.10 CNY for line 2" in shop.do("explain", "o1"), "of two at once the highest id holds"


@pytest.mark.parametrize(
    ("row", "place", "says"),
    [
        (f"p1,o9,1,1.00,{AT}", "2: ", "sale_unknown: p1: o9 was never accrued"),
        (f"p1,o1,9,1.00,{AT}", "2: ", "price_line_unknown"),
        (f"p1,o1,1,49.99,{AT}", "2: ", "price_below_refunds"),
        (f"p1,o2,1,1.00,{AT}", "2: ", "sale_cancelled"),
        (f"p1,o1,1,-1.00,{AT}", "2:net: ", "write what the line should have been sold for"),
        (f"p1,o1,1,1.001,{AT}", "2:net: ", "price correction 'p1': too many decimals"),
        (f"p1,o1,1,90.00,{AT}\np1,o1,1,91.00,{AT}", "3:line_id: ", "'1' stands twice"),
        (
            f"p1,o1,1,90.00,{AT}\np1,o2,1,1.00,{AT}",
            "3:correction_id: ",
            "has other particulars at prices.csv:2 (order_id and corrected_at are the same",
        ),
        ("p1,o1,1,90.00,today", "2:corrected_at: ", "not an instant"),
    ],
)
def test_a_bad_price_is_refused(tmp_path: Path, row: str, place: str, says: str) -> None:
    shop = traded(tmp_path)
    before = shop.dump()

    refused = price(shop, row)

    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"prices.csv:{place}"), refused.stderr
    assert says in refused.stderr
    assert shop.dump() == before


@pytest.mark.parametrize(
    ("rows", "place", "says"),
    [
        ("o9,2026-05-01T00:00:00Z", "2: ", "sale_unknown"),
        ("o1,2026-07-01T00:00:00Z", "2: ", "corrected_in_future"),
        ("o1,2026-01-01T00:00:00Z", "2: ", "refund_before_payment"),
        ("o2,2026-05-01T00:00:00Z", "2: ", "key_reused"),
        ("o1,yesterday", "2:cancelled_at: ", "not an instant"),
        (
            "o9,2026-05-01T00:00:00Z\no9,2026-05-02T00:00:00Z",
            "3:cancelled_at: ",
            "stands at cancellations.csv:2",
        ),
    ],
)
def test_a_bad_cancellation_is_refused(tmp_path: Path, rows: str, place: str, says: str) -> None:
    shop = traded(tmp_path)

    refused = shop.import_("cancellations", f"order_id,cancelled_at\n{rows}\n")

    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"cancellations.csv:{place}"), refused.stderr
    assert says in refused.stderr
