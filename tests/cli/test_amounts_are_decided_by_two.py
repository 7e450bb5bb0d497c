"""`adjust`, `import adjustments` and `hold`: what somebody decides, and whose authority it has."""

from pathlib import Path

import pytest
from tests.cli.shop import AT, JULY, settled, with_members

FEE = (
    "--payee",
    "ben",
    "--amount",
    "-1.50",
    "--reason",
    "a fee",
    "--authority",
    "owner",
    "--currency",
    "CNY",
)

ADJUSTMENTS = """adjustment_id,payee_id,currency,amount,reason,authority,valid_at
a1,ann,CNY,12.34,thanks,owner,2026-05-01T00:00:00+08:00
a2,ben,CNY,-0.01,"a fee, rounded",owner,2026-05-02T00:00:00+08:00
a3,cai,POINT,100,birthday,owner,2026-05-03T00:00:00+08:00
"""


def test_one_is_posted_under_its_reason(tmp_path: Path) -> None:
    shop = settled(tmp_path)

    (posted,) = shop.ask("adjust", "fee", *FEE)

    assert posted == {
        "adjustment": "fee",
        "payee": "ben",
        "amount": "-1.50",
        "currency": "CNY",
        "reason": "a fee",
        "authority": "owner",
        "valid_at": AT,
    }


def test_posted_again_it_is_the_same_one(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    first = shop.ask("adjust", "fee", *FEE)
    before = shop.dump()

    assert shop.ask("adjust", "fee", *FEE, at=JULY) == first
    assert shop.dump() == before
    other = ("--payee", "ben", "--amount", "-2.50", *FEE[4:])
    assert shop.refused("adjust", "fee", *other).startswith("refused: adjustment_exists")


@pytest.mark.parametrize(
    ("arguments", "actor", "says"),
    [
        (FEE, "owner", "refused: same_authority"),
        (("--payee", "nobody", *FEE[2:]), "tests", "refused: payee_unknown"),
        ((*FEE, "--valid-at", "2026-06-02T00:00:00Z"), "tests", "refused: adjusted_in_future"),
        ((*FEE[:-1], "USD"), "tests", "refused: currency_not_of_shop"),
        (("--payee", "ben", "--amount", "0.00", *FEE[4:]), "tests", "fee: amount_minor: nothing is moved"),
        ((*FEE[:4], "--reason", " ", *FEE[6:]), "tests", "fee: reason: is blank"),
    ],
)
def test_what_can_not_be_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], actor: str, says: str
) -> None:
    assert settled(tmp_path).refused("adjust", "fee", *arguments, actor=actor).startswith(says)


def test_many_come_from_a_file(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    done = shop.import_("adjustments", ADJUSTMENTS)
    again = shop.import_("adjustments", ADJUSTMENTS)

    assert done.stdout.splitlines()[-1].split() == ["adjustments", "3", "0", "0", "0"]
    assert again.stdout.splitlines()[-1].split() == ["adjustments", "0", "3", "0", "0"]
    (points,) = [each for each in shop.ask("ledger") if each["account"] == "points"]
    assert (points["balance"], points["currency"]) == ("100", "POINT")
    assert "sound" in shop.do("verify")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("12.34", "12.345", "adjustments.csv:2:amount: adjustment 'a1': too many decimals: '12.345'"),
        ("12.34", "0", "adjustments.csv:2:amount: adjustment 'a1': nothing is moved"),
        (",thanks,", ", ,", "adjustments.csv:2:reason: adjustment 'a1': is blank (somebody will ask)"),
        ("a1,ann", "a1,nobody", "adjustments.csv:2: payee_unknown: a1: nobody is not a member"),
        ("12.34,thanks,owner", "12.34,thanks,tests", "adjustments.csv:2: same_authority: a1: tests"),
        ("a2,ben", "a1,ben", "adjustments.csv:3:adjustment_id: 'a1' stands at adjustments.csv:2 with other"),
        ("CNY,12.34", "cny,12.34", "adjustments.csv:2:currency: adjustment 'a1': unknown currency: 'cny'"),
        ("2026-05-01T00:00:00+08:00", "May", "adjustments.csv:2:valid_at: adjustment 'a1': not an instant"),
    ],
)
def test_a_bad_row_is_refused_and_no_other(tmp_path: Path, old: str, new: str, says: str) -> None:
    shop = with_members(tmp_path)

    partly = shop.import_("adjustments", ADJUSTMENTS.replace(old, new, 1))

    assert partly.exit_code == 1
    assert partly.stdout.splitlines()[-1].split()[1:3] == ["2", "0"]
    assert partly.stderr.startswith(says), partly.stderr


def test_a_row_without_an_id_refuses_the_file(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    before = shop.dump()

    refused = shop.import_("adjustments", ADJUSTMENTS.replace("a3,cai", ",cai"))

    assert refused.stderr == "adjustments.csv:4:adjustment_id: is blank (the file is refused: name it)\n"
    assert shop.dump() == before


def test_a_hold_is_placed_shown_and_lifted(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    before = ("--reason", "two people, one account")

    shop.do("hold", "place", "payee", "ben", *before, actor="amy")
    shop.do("hold", "place", "sale", "o2", "--reason", "a dispute")
    assert shop.ask("hold", "show") == [
        {"on": "payee", "ref": "ben", "reason": before[1], "since": AT, "actor": "amy"},
        {"on": "sale", "ref": "o2", "reason": "a dispute", "since": AT, "actor": "tests"},
    ]

    (lifted,) = shop.ask("hold", "lift", "payee", "ben", "--reason", "they are one", at=JULY)
    assert (lifted["held"], [each["ref"] for each in shop.ask("hold", "show")]) == ("no", ["o2"])


def test_a_hold_can_be_placed_again_for_the_same_reason(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    wanted = ("payee", "ben", "--reason", "a look")

    shop.do("hold", "place", *wanted)
    shop.do("hold", "lift", *wanted)
    shop.do("hold", "place", *wanted, at=JULY)

    assert len(shop.ask("hold", "show")) == 1


def test_at_one_instant_a_hold_is_what_the_last_command_says(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    wanted = ("payee", "ben", "--reason", "a look")

    for verb, held in (("place", 1), ("lift", 0), ("place", 1), ("lift", 0), ("place", 1)):
        for _ in "twice":
            shop.do("hold", verb, *wanted)
            assert len(shop.ask("hold", "show")) == held


def test_a_key_of_a_hold_that_was_undone_since_is_refused(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    wanted = ("payee", "ben", "--reason", "a look")
    shop.do("--key", "k1", "hold", "place", *wanted)
    shop.do("--key", "k2", "hold", "lift", *wanted)

    assert shop.refused("--key", "k1", "hold", "place", *wanted).startswith("refused: hold_undone: ")
    shop.do("--key", "k3", "hold", "place", *wanted)
    assert shop.refused("--key", "k2", "hold", "lift", *wanted).startswith("refused: hold_undone: ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("place", "payee", "nobody", "--reason", "x"), "payee_unknown"),
        (("place", "sale", "o9", "--reason", "x"), "sale_unknown"),
        (("lift", "sale", "o1", "--reason", "x"), "not_held"),
    ],
)
def test_what_is_not_there_or_not_held_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    assert settled(tmp_path).refused("hold", *arguments).startswith(f"refused: {code}")


def test_what_is_held_can_not_be_held_again(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    shop.do("hold", "place", "payee", "ben", "--reason", "a look")

    assert "held_already" in shop.refused("hold", "place", "payee", "ben", "--reason", "another look")
