"""An application is decided by another, and an approval makes a member, or is refused whole."""

import pytest

from distcore import engine
from distcore.kernel import Actor, InputError, MemberId
from distcore.memory import MemoryStore
from distcore.referral import (
    Application,
    ApplicationId,
    ApplicationRecord,
    ApplicationState,
    Aspect,
    Evidence,
    Review,
    State,
)
from distcore.testing.builders import Shop, a_member, day

APPLIED, APPROVED, REJECTED = ApplicationState
A1 = ApplicationId("a1")
EVIDENCE = Evidence("Kim Ling", "138 0000 0000", ("id card",))
ANN = MemberId("ann")


@pytest.fixture
def shop() -> Shop:
    return Shop.open(MemoryStore("shop"), None, [a_member("ann"), a_member("ben")])


def apply(shop: Shop, id: str = "a1", applicant: str = "kim", **options: object) -> ApplicationRecord:
    call: dict[str, object] = {"at": day(5), "actor": "desk"}
    record: ApplicationRecord = shop.do(engine.apply_to_distribute, id, applicant, EVIDENCE, **call | options)
    return record


def decide(
    shop: Shop, state: ApplicationState = APPROVED, id: str = "a1", **options: object
) -> ApplicationRecord:
    call: dict[str, object] = {"at": day(6), "actor": "boss"}
    record: ApplicationRecord = shop.do(engine.review_application, id, state, **call | options)
    return record


def refused(shop: Shop, state: ApplicationState = APPROVED, id: str = "a1", **options: object) -> str:
    call: dict[str, object] = {"at": day(6), "actor": "boss"}
    before = shop.dump()
    code = shop.refused(engine.review_application, id, state, **call | options)
    assert shop.dump() == before
    return code


def waits(shop: Shop) -> bool:
    with shop.store.begin() as tx:
        return tx.applications.waiting(MemberId("kim")) is not None


def test_an_application_waits_with_its_evidence_apart(shop: Shop) -> None:
    record = apply(shop, sponsor="ann")
    assert record == ApplicationRecord(Application(A1, MemberId("kim"), day(5), Actor("desk"), ANN))
    assert waits(shop)
    with shop.store.begin() as tx:
        assert tx.applications.evidence([A1]) == {A1: EVIDENCE}
        assert MemberId("kim") not in tx.members.upward([MemberId("kim")], 0)
    shop.assert_sound()


def test_an_approval_lets_the_applicant_join_where_the_application_says(shop: Shop) -> None:
    apply(shop, sponsor="ann")
    record = decide(shop, tier="gold", reason="welcome")
    assert record.review == Review(APPROVED, day(6), Actor("boss"), "welcome", ANN, "gold")
    kim = shop.member("kim")
    assert (kim.joined_at, kim.sponsor, kim.tier) == (day(6), "ann", "gold")
    assert not waits(shop)
    shop.assert_sound()


def test_the_reviewer_has_the_last_word_about_the_place(shop: Shop) -> None:
    apply(shop, sponsor="ann")
    record = decide(shop, sponsor="ben")
    assert record.review is not None
    assert record.review.sponsor == "ben"
    assert shop.member("kim").sponsor == "ben"


def test_nobody_needs_a_sponsor(shop: Shop) -> None:
    apply(shop)
    decide(shop)
    assert shop.member("kim").sponsor is None


def test_who_is_rejected_applies_again_under_another_id(shop: Shop) -> None:
    apply(shop)
    assert decide(shop, REJECTED, reason="no id card").state is REJECTED
    assert refused(shop) == "application_reviewed"
    apply(shop, "a2")
    assert decide(shop, id="a2").state is APPROVED
    shop.assert_sound()


def test_a_customer_who_is_approved_rises_and_may_be_moved(shop: Shop) -> None:
    shop.do(engine.bind, "kim", "ann", at=day(3))
    apply(shop)
    decide(shop, sponsor="ben", tier="gold")
    changes = [(each.aspect, each.value, each.valid_from) for each in shop.member("kim").changes]
    assert changes == [(Aspect.SPONSOR, "ben", day(6)), (Aspect.TIER, "gold", day(6))]
    shop.assert_sound()


@pytest.mark.parametrize("sponsor", [None, "ann"])
def test_a_member_stays_where_the_reviewer_says_nothing_else(shop: Shop, sponsor: str | None) -> None:
    shop.do(engine.bind, "kim", "ann", at=day(3))
    apply(shop, sponsor="ben")
    decide(shop, sponsor=sponsor)
    assert shop.member("kim").changes == ()


@pytest.mark.parametrize("reviewer", ["desk", "kim"])
def test_nobody_decides_about_the_own_application(shop: Shop, reviewer: str) -> None:
    apply(shop)
    for state in (APPROVED, REJECTED):
        assert refused(shop, state, actor=reviewer) == "same_application_reviewer"


def test_nobody_decides_about_it_under_another_id(shop: Shop) -> None:
    """Neither the applicant nor whoever handed it in is another person there."""
    for member in ("kim", "ben", "desk", "ann"):
        shop.do(engine.identify, member, ["phone" if member in {"kim", "ben"} else "tablet"])
    apply(shop)
    assert refused(shop, actor="ben") == "same_application_reviewer"
    assert refused(shop, actor="ann") == "same_application_reviewer"
    assert decide(shop).review is not None


def test_an_approval_takes_no_tier_away(shop: Shop) -> None:
    shop.do(engine.set_tier, "ben", "gold", at=day(2))
    apply(shop, applicant="ben")
    decide(shop)
    with shop.store.begin() as tx:
        assert [each.value for each in tx.members.upward([MemberId("ben")], 0)[MemberId("ben")].changes] == [
            "gold"
        ]


def test_what_the_tree_refuses_is_not_approved(shop: Shop) -> None:
    apply(shop, sponsor="nobody")
    assert refused(shop) == "sponsor_unknown"
    shop.do(engine.identify, "kim", ["phone"])
    shop.do(engine.identify, "ann", ["phone"])
    assert refused(shop, sponsor="ann") == "same_person"
    assert waits(shop)


def test_a_member_whom_the_tree_would_not_move_gets_no_tier_either(shop: Shop) -> None:
    shop.do(engine.join, a_member("kim"))
    shop.do(engine.join, a_member("low", "kim"))
    apply(shop)
    assert refused(shop, sponsor="low", tier="gold") == "would_form_cycle"
    assert shop.member("kim").changes == ()


def test_who_is_not_active_does_not_apply_and_is_not_approved(shop: Shop) -> None:
    shop.do(engine.set_state, "ben", State.SUSPENDED, at=day(3))
    before = shop.dump()
    assert shop.refused(engine.apply_to_distribute, "a9", "ben", EVIDENCE) == "applicant_not_active"
    assert shop.dump() == before
    apply(shop, "a1", "ann")
    shop.do(engine.terminate, "ann", at=day(5))
    assert refused(shop) == "applicant_not_active"
    assert decide(shop, REJECTED).state is REJECTED


def test_of_an_applicant_one_application_waits(shop: Shop) -> None:
    apply(shop)
    before = shop.dump()
    assert shop.refused(engine.apply_to_distribute, "a2", "kim", EVIDENCE) == "application_pending"
    assert shop.refused(engine.apply_to_distribute, "a1", "lee", EVIDENCE) == "application_exists"
    assert shop.dump() == before


def test_what_was_never_handed_in_is_not_decided(shop: Shop) -> None:
    assert refused(shop) == "application_unknown"
    apply(shop)
    assert refused(shop, at=day(4)) == "reviewed_too_early"


def test_again_under_its_key_an_application_is_the_first_one(shop: Shop) -> None:
    first = apply(shop, key="k")
    decided = decide(shop, key="r")
    before = shop.dump()
    assert apply(shop, key="k", at=day(9), actor="another") == first
    assert decide(shop, key="r", at=day(9), actor="another") == decided
    assert refused(shop, REJECTED, key="r") == "key_reused"
    other = Evidence("somebody else")
    assert shop.refused(engine.apply_to_distribute, "a1", "kim", other, key="k") == "key_reused"
    assert shop.refused(engine.apply_to_distribute, "a2", "kim", EVIDENCE, key="k") == "key_reused"
    assert shop.dump() == before
    shop.do(engine.erase_person, "kim")
    assert shop.do(engine.apply_to_distribute, "a1", "kim", other, key="k") == first


def test_a_key_that_was_used_refuses_the_approval_it_would_join_by(shop: Shop) -> None:
    shop.do(engine.set_tier, "ann", "gold", key="k/kim")
    apply(shop)
    assert refused(shop, key="k") == "key_reused"


def test_evidence_and_fingerprints_are_erased_and_what_was_decided_stays(shop: Shop) -> None:
    apply(shop)
    decide(shop)
    shop.do(engine.identify, "ann", ["phone"])
    assert shop.do(engine.identify, "kim", ["phone"]) == {"ann"}
    before = shop.dump().replace("command", "")
    assert shop.do(engine.erase_person, "kim", key="e") == 1
    assert shop.do(engine.erase_person, "kim", key="e") == 1
    assert shop.do(engine.erase_person, "ben") == 0
    with shop.store.begin() as tx:
        assert tx.applications.evidence([A1]) == {}
        assert tx.identities.fingerprints(MemberId("kim")) == frozenset()
        assert len(tx.identities.fingerprints(ANN)) == 1
    assert all(line.startswith("command") for line in _new_lines(before, shop.dump()))
    shop.assert_sound()


def _new_lines(before: str, after: str) -> list[str]:
    known = {line.strip() for line in before.splitlines()}
    return [line for line in after.splitlines() if line.removeprefix("command").strip() not in known]


@pytest.mark.parametrize(
    ("args", "options", "places"),
    [
        (("", APPROVED), {}, ["id"]),
        (("a1", APPLIED), {}, ["state"]),
        (("a1", "approved"), {}, ["state"]),
        (("a1", APPROVED), {"reason": "\0", "sponsor": "", "tier": "\n"}, ["reason", "sponsor", "tier"]),
        (("a1", REJECTED), {"tier": "gold"}, ["state"]),
        (("a1", REJECTED), {"sponsor": "ann"}, ["state"]),
    ],
)
def test_a_malformed_decision_has_places(
    shop: Shop, args: tuple[object, ...], options: dict[str, object], places: list[str]
) -> None:
    with pytest.raises(InputError) as raised:
        shop.do(engine.review_application, *args, **options)
    assert [each.where for each in raised.value.problems] == places


def test_a_malformed_application_has_places(shop: Shop) -> None:
    with pytest.raises(InputError) as raised:
        shop.do(engine.apply_to_distribute, "", "kim", EVIDENCE)
    assert [each.where for each in raised.value.problems] == ["id"]
    with pytest.raises(InputError) as raised:
        shop.do(engine.erase_person, "\0")
    assert [each.where for each in raised.value.problems] == ["person"]
