"""Applications, bindings, codes and members, from the command line: secrets are asked for, and not shown."""

import json
from pathlib import Path

import pytest
from tests.cli.shop import AT, POLICY, Shop, with_members

HOLDS = 'binding = { kind = "protected_for_days", days = 30 }\n'
DAY_2 = "2026-06-02T00:00:00Z"
DAY_40 = "2026-07-10T00:00:00Z"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return with_members(tmp_path)


def apply(shop: Shop, id: str = "a1", applicant: str = "kim", *more: str) -> None:
    evidence = ("--name", "Kim Ling", "--phone", "138 0000", "--document", "id card", "--document", "photo")
    shop.do("referral", "apply", id, applicant, *evidence, *more, actor="amy")


def test_an_application_is_decided_by_another(shop: Shop) -> None:
    apply(shop, "a1", "kim", "--sponsor", "ann")
    assert "amy applied with a1" in shop.refused("referral", "review", "a1", "approved", actor="amy")
    (waiting,) = shop.ask("referral", "applications", "--waiting")
    assert (waiting["application"], waiting["state"], waiting["name"]) == ("a1", "applied", "****")
    assert (waiting["phone"], waiting["documents"], waiting["sponsor"]) == ("****", 2, "ann")
    shop.do("referral", "review", "a1", "approved", "--tier", "gold", "--reason", "welcome", actor="bob")
    (decided,) = shop.ask("referral", "applications", "a1")
    assert (decided["state"], decided["reviewed_by"], decided["tier"]) == ("approved", "bob", "gold")
    assert decided["reason"] == "welcome"
    assert shop.ask("referral", "applications", "--waiting") == []
    (kim,) = (each for each in shop.ask("tree", "ann") if each["member"] == "kim")
    assert (kim["sponsor"], kim["tier"]) == ("ann", "gold")


def test_a_move_is_answered_once_more_though_the_place_is_told_again(shop: Shop) -> None:
    """Somebody came below meanwhile, so that the binding of before does not end: that moved nobody."""
    ends = 'binding = { kind = "first_touch_for_days", days = 30 }\n'
    shop.do("init", "--policy", shop.file("policy.toml", POLICY + ends))
    shop.do("referral", "bind", "kim", "ann")
    planned = ("referral", "move", "kim", "ben", "--valid-from", DAY_40)
    first = shop.ask(*planned)
    shop.do("referral", "bind", "lee", "kim", at=DAY_2)
    assert shop.ask(*planned) == first


def test_who_is_rejected_applies_again(shop: Shop) -> None:
    apply(shop)
    shop.do("referral", "review", "a1", "rejected", "--reason", "no id card", actor="bob")
    apply(shop, "a2")
    assert [each["state"] for each in shop.ask("referral", "applications")] == ["rejected", "applied"]
    assert "there is no application a9" in shop.refused("referral", "applications", "a9")


def test_what_no_option_says_is_asked_for(shop: Shop) -> None:
    done = shop.run("referral", "apply", "a1", "kim", typed="Kim Ling\n\n")
    assert done.exit_code == 0
    assert "name: " in done.stderr
    assert "phone: " in done.stderr
    assert "Kim Ling" not in done.stdout
    (found,) = shop.ask("referral", "applications")
    assert (found["name"], found["phone"], found["documents"]) == ("****", None, 0)


def test_evidence_is_erased(shop: Shop) -> None:
    apply(shop)
    assert any("Kim Ling" in line for line in shop.dump())
    assert shop.ask("referral", "erase", "kim") == [{"member": "kim", "applications": 1}]
    assert not any("Kim Ling" in line for line in shop.dump())
    (found,) = shop.ask("referral", "applications")
    assert (found["name"], found["documents"]) == (None, None)


def test_a_customer_is_bound_by_the_policy(shop: Shop) -> None:
    shop.do("init", "--policy", shop.file("policy.toml", POLICY + HOLDS))
    (first,) = shop.ask("referral", "bind", "kim", "ann", "--channel", "poster")
    stays = shop.run("--format", "json", "referral", "bind", "kim", "ben", at=DAY_2)
    assert (stays.exit_code, stays.stderr) == (
        0,
        "kept: protected: the customer is with another promoter, who is protected until then\n",
    )
    (kept,) = json.loads(stays.stdout)
    (taken,) = shop.ask("referral", "bind", "kim", "ben", at=DAY_40)
    assert (first["result"], first["reason"], first["channel"]) == ("bound", "first_touch", "poster")
    assert (kept["result"], kept["reason"]) == ("kept", "protected")
    assert kept["until"] == "2026-07-01T00:00:00Z"
    assert (taken["result"], taken["reason"]) == ("bound", "taken_over")
    assert [each["touch"] for each in shop.ask("referral", "touches", "kim")] == [1, 2, 3]
    shop.do("verify")


def test_touches_of_one_instant_differ_by_their_channel(shop: Shop) -> None:
    shop.do("init", "--policy", shop.file("policy.toml", POLICY + HOLDS))
    for channel in ("poster", "web", "poster"):
        shop.do("referral", "bind", "kim", "ann", "--channel", channel)
    assert [each["channel"] for each in shop.ask("referral", "touches", "kim")] == ["poster", "web"]


def test_a_touch_says_by_one_thing_who_promotes(shop: Shop) -> None:
    for more in ((), ("ann", "--link"), ("ann", "--code", "x"), ("--code", "x", "--link")):
        refused = shop.run("referral", "bind", "kim", *more)
        assert refused.exit_code == 2
        assert "give a PROMOTER, --code or --link" in refused.stderr


def test_a_short_code_is_chosen_or_made(shop: Shop) -> None:
    (chosen,) = shop.ask("referral", "code", "issue", "ann", "spring", "--until", DAY_40)
    (made,) = shop.ask("referral", "code", "issue", "ann", "--from", DAY_2)
    assert (chosen["ref"], chosen["valid_until"]) == ("SPRING", DAY_40)
    assert len(made["ref"]) == 8
    assert made["valid_from"] == DAY_2
    (touch,) = shop.ask("referral", "bind", "kim", "--code", "Spring")
    assert (touch["promoter"], touch["code"], touch["via"]) == ("ann", "SPRING", "code")
    shop.do("referral", "code", "revoke", "short", "spring")
    assert "code_exists" in shop.refused("referral", "code", "issue", "ann", "spring", "--until", DAY_40)
    assert [each["revoked_at"] is None for each in shop.ask("referral", "code", "show", "ann")].count(
        True
    ) == 1
    late = shop.run("--format", "csv", "referral", "bind", "lee", "--code", "spring", at=DAY_2)
    assert (late.exit_code, late.stderr) == (
        1,
        "refused: code_not_valid: the code or link stands for nobody now\n",
    )
    assert "lee,1,,code,,,2026-06-02T00:00:00Z,tests,refused,code_not_valid," in late.stdout
    assert "nobody" in shop.refused("referral", "code", "show", "nobody")


def test_a_link_is_shown_once_and_asked_for_unseen(shop: Shop) -> None:
    (issued,) = shop.ask("referral", "code", "link", "ann")
    token = issued["token"]
    assert len(token) == 22
    assert not any(token in line for line in shop.dump())
    done = shop.run("--format", "csv", "referral", "bind", "kim", "--link", typed=f"{token}\n")
    assert done.exit_code == 0
    assert ",ann,link," in done.stdout
    assert token not in done.output
    (shown,) = shop.ask("referral", "code", "show", "ann")
    assert (shown["kind"], shown["ref"]) == ("link", issued["ref"])
    shop.do("referral", "code", "revoke", "link", issued["ref"])


def test_the_same_person_is_found_by_a_fingerprint(shop: Shop) -> None:
    assert shop.ask("referral", "identify", "ann", "--fingerprint", "phone") == []
    done = shop.run("--format", "csv", "referral", "identify", "kim", typed="phone\n")
    assert done.stdout.splitlines()[1:] == ["kim,ann"]
    assert "phone" not in done.stdout
    refused = shop.run("referral", "bind", "kim", "ann")
    assert (refused.exit_code, "refused: same_person: " in refused.stderr) == (1, True)
    (touch,) = shop.ask("referral", "touches", "kim")
    assert (touch["result"], touch["reason"]) == ("refused", "same_person")
    assert "kim" not in [each["member"] for each in shop.ask("tree")]


def test_members_are_moved_and_change(shop: Shop) -> None:
    (moved,) = shop.ask("referral", "move", "eve", "ben", "--valid-from", DAY_2)
    assert (moved["aspect"], moved["value"], moved["valid_from"]) == ("sponsor", "ben", DAY_2)
    assert shop.ask("referral", "move", "eve", "--to-root", at=DAY_40)[0]["value"] is None
    assert shop.ask("referral", "suspend", "eve")[0]["value"] == "suspended"
    assert shop.ask("referral", "reinstate", "eve", at=DAY_2)[0]["value"] == "active"
    assert "sponsor_joined_later" in shop.refused("referral", "move", "ann", "cai")
    for more in ((), ("ben", "--to-root")):
        assert shop.run("referral", "move", "eve", *more).exit_code == 2


def test_the_same_is_done_again_after_something_else(shop: Shop) -> None:
    """There, back and there again, all from one instant; the last one once more is done already."""
    there, back = ("referral", "move", "eve", "ben"), ("referral", "move", "eve", "ann")
    revisions = [
        shop.ask(*each, "--valid-from", DAY_2)[0]["revision"] for each in (there, back, there, there)
    ]
    assert revisions == [revisions[0], revisions[0] + 1, revisions[0] + 2, revisions[0] + 2]
    for verb, state in (("suspend", "suspended"), ("reinstate", "active"), ("suspend", "suspended")):
        shop.do("referral", verb, "eve", "--valid-from", DAY_2)
        assert shop.ask("referral", "show", "eve", at=DAY_40)[0]["state"] == state
    for verb, count in (("appoint", 1), ("dismiss", 0), ("appoint", 1)):
        shop.do("referral", "agent", verb, "eve", "cn/zj", "--valid-from", DAY_2)
        assert len(shop.ask("referral", "agent", "list", at=DAY_40)) == count


def test_agents_of_regions_are_appointed_listed_and_dismissed(shop: Shop) -> None:
    (made,) = shop.ask("referral", "agent", "appoint", "eve", "cn/zj")
    assert (made["member"], made["aspect"], made["value"]) == ("eve", "appointed", "cn/zj")
    shop.do("referral", "agent", "appoint", "ann", "cn", "--valid-from", DAY_2)
    assert "agent_already" in shop.refused("referral", "agent", "appoint", "eve", "cn/zj", at=DAY_40)
    everybody = shop.ask("referral", "agent", "list", at=DAY_2)
    assert [(each["region"], each["member"]) for each in everybody] == [("cn", "ann"), ("cn/zj", "eve")]
    assert everybody[0]["since"] == DAY_2
    assert [each["member"] for each in shop.ask("referral", "agent", "list", "cn/zj", "us")] == ["eve"]
    before = shop.ask("referral", "agent", "list", "cn/zj", "--known-at", "2026-01-01T00:00:00Z", at=DAY_40)
    assert before == [], "eve was appointed in June"
    (gone,) = shop.ask("referral", "agent", "dismiss", "eve", "cn/zj", at=DAY_2)
    known = ("referral", "agent", "list", "cn/zj", "--known-at", AT)
    assert [[each["member"] for each in shop.ask(*one, at=DAY_40)] for one in (known, known[:-2])] == [
        ["eve"],
        [],
    ]
    assert (gone["aspect"], gone["value"]) == ("dismissed", "cn/zj")
    assert "not_agent" in shop.refused("referral", "agent", "dismiss", "eve", "cn/zj", at=DAY_40)
    assert [each["member"] for each in shop.ask("referral", "agent", "list", at=DAY_40)] == ["ann"]
    for command in (("appoint", "eve", "cn/"), ("dismiss", "eve", "x" * 129), ("list", "cn", "")):
        assert shop.run("referral", "agent", *command).exit_code == 2
    shop.do("verify")


def test_a_downline_is_re_attached(shop: Shop) -> None:
    done = shop.ask("referral", "terminate", "ben", "--downline", "reattached")
    assert [(each["member"], each["aspect"], each["value"]) for each in done] == [
        ("ben", "state", "terminated"),
        ("cai", "sponsor", "ann"),
    ]
    assert shop.ask("referral", "terminate", "dan")[0]["value"] == "terminated"
    assert "terminated and can't become suspended" in shop.refused("referral", "suspend", "dan", at=DAY_2)


def test_a_dry_run_changes_nothing_and_the_same_key_does_it_once(shop: Shop) -> None:
    before = shop.dump()
    for command in (
        ("apply", "a1", "kim", "--name", "x", "--phone", "y"),
        ("bind", "kim", "ann"),
        ("code", "issue", "ann"),
        ("code", "link", "ann"),
        ("identify", "ann", "--fingerprint", "phone"),
        ("move", "eve", "ben"),
        ("erase", "ann"),
    ):
        done = shop.run("--dry-run", "referral", *command)
        assert done.exit_code == 0, done.output
        assert done.stderr.endswith("dry run: nothing was changed\n")
    assert shop.dump() == before
    for _ in range(2):
        shop.do("referral", "bind", "kim", "ann")
    assert len(shop.ask("referral", "touches", "kim")) == 1
