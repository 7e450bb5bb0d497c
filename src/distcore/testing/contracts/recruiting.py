"""What recruiting must keep: who is whom, applications, promotion codes, touches; and what can be erased."""

import pytest
from attrs import evolve

from distcore.kernel import Actor, MemberId, RetryableError
from distcore.ports import Transaction
from distcore.referral import (
    ApplicationId,
    ApplicationRecord,
    ApplicationState,
    CodeKind,
    Evidence,
    Outcome,
    Result,
    Via,
    Why,
)
from distcore.testing.builders import ALWAYS, LATER, StoreOf, a_booking, a_plan, a_sale, day
from distcore.testing.contracts.kept import (
    MANY,
    NASTY,
    ONE_BY_ONE,
    TEXTS,
    a_row,
    assert_all_seen,
    broken_off,
    read_while,
)
from distcore.testing.recruiting import (
    a_code,
    a_review,
    a_touch,
    an_application,
    identify_members,
    some_evidence,
)

ANN, BEN, CAI = MemberId("ann"), MemberId("ben"), MemberId("cai")
FIRST, LAST = ALWAYS
A1, A2 = ApplicationId("a1"), ApplicationId("a2")
HASHES = [f"{number:064x}" for number in range(9)]
BOSS = Actor("boss")


def peopled(tx: Transaction) -> Transaction:
    """Give a new shop its members."""
    tx.members.add([a_row(id) for id in (*NASTY, "ann", "ben")])
    return tx


class IdentitiesContract:
    """Who counts as the same person as whom; and fingerprints, which can be erased."""

    def test_identities_are_found_with_those_of_the_same_person(self, store_of: StoreOf) -> None:
        """Whoever ever was, and all that is known of them; customers who never joined among them."""
        with store_of("another").begin() as tx:
            identify_members(peopled(tx), "ann", "zoe")
        with store_of("shop").begin() as tx:
            peopled(tx)
            first = identify_members(tx, "ann", "guest")
            second = identify_members(tx, "ben", "cai")
            third = identify_members(tx, "dan", "guest")
            within = list(tx.identities.history([ANN]))
        with store_of("shop").begin() as tx:
            assert list(tx.identities.history([ANN])) == within == [*first, third[1]]
            assert list(tx.identities.history([MemberId("dan")])) == [first[1], *third]
            assert list(tx.identities.history([BEN, ANN, MemberId("nobody")])) == [
                *first,
                *second,
                third[1],
            ]
            assert list(tx.identities.history([])) == list(tx.identities.history([MemberId("zoe")])) == []
            assert list(tx.identities.all()) == [*first, *second, *third]

    def test_identities_and_changes_count_the_same_revisions(self, store_of: StoreOf) -> None:
        """Several of one revision count once."""
        store = store_of("shop")
        with store.begin() as tx:
            identify_members(peopled(tx), "ann", "ben", "cai")
            assert (tx.members.lock(), tx.members.revision()) == (1, 1)
            identify_members(tx, "ben")
        with broken_off(store) as tx:
            identify_members(tx, "ann")
        with store.begin() as tx:
            assert (tx.members.lock(), tx.members.revision()) == (2, 2)
            assert tx.members.revision_at(FIRST) == 2

    def test_people_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """A batch may be larger than a statement."""
        with store_of("shop").begin() as tx:
            peopled(tx)
            known = [identify_members(tx, id, f"{id[:100]}!") for id in NASTY]
            for id in NASTY:
                tx.identities.replace(MemberId(id), HASHES[:2])
        with store_of("shop").begin() as tx:
            many = [MemberId(f"m{number}") for number in range(MANY)]
            assert list(tx.identities.history([*many, *map(MemberId, NASTY)])) == [
                identity for pair in known for identity in sorted(pair, key=lambda each: each.member)
            ]
            for id in NASTY:
                assert {each.member for each in tx.identities.history([MemberId(id)])} >= {id}
            unknown = [f"{number:064x}" for number in range(len(HASHES), MANY)]
            assert tx.identities.sharing([*unknown, *HASHES]) == set(NASTY)

    def test_fingerprints_are_replaced_and_erased(self, store_of: StoreOf) -> None:
        """By whose they are; a rollback leaves those of before."""
        store = store_of("shop")
        with store_of("another").begin() as tx:
            tx.identities.replace(ANN, HASHES)
        with store.begin() as tx:
            tx.identities.replace(ANN, HASHES[:3])
            tx.identities.replace(BEN, HASHES[2:5])
            assert tx.identities.sharing([HASHES[2]]) == {ANN, BEN}
        with broken_off(store) as tx:
            tx.identities.replace(ANN, HASHES[5:])
            assert tx.identities.sharing(HASHES[5:6]) == {ANN}
        with store.begin() as tx:
            assert tx.identities.fingerprints(ANN) == set(HASHES[:3])
            tx.identities.replace(ANN, HASHES[1:2] * 2)
            assert tx.identities.sharing(HASHES[:3]) == {ANN, BEN}
            tx.identities.replace(ANN, ())
        with store.begin() as tx:
            assert tx.identities.fingerprints(ANN) == tx.identities.sharing(HASHES[:2]) == set()
            assert tx.identities.fingerprints(BEN) == set(HASHES[2:5])
            assert tx.identities.sharing([]) == set()

    def test_all_identities_come_though_more_come_meanwhile(self, store_of: StoreOf) -> None:
        """A page at a time, by revision and member."""
        with store_of("shop").begin() as tx:
            peopled(tx)
            known = identify_members(tx, *(f"m{number:04}" for number in range(ONE_BY_ONE)))
            seen = read_while(tx.identities.all(), lambda place: identify_members(tx, f"late {place}"))
        assert_all_seen(seen, known)


class ApplicationsContract:
    """Applications, and what was decided about each; evidence can be erased."""

    def test_an_application_is_found_as_it_came(self, store_of: StoreOf) -> None:
        """With its decision, if there was one."""
        one, two = an_application("a1", sponsor="ann", applied_at=FIRST), an_application("a2", "ben")
        decided = a_review(reviewed_at=LAST, reason=TEXTS[3], sponsor="ann", tier="金")
        with store_of("shop").begin() as tx:
            tx.applications.add(one, some_evidence("one"))
            tx.applications.add(two, some_evidence("two"))
            tx.applications.review(A1, decided)
            within = tx.applications.find([A2, A1, ApplicationId("a3")])
        with store_of("shop").begin() as tx:
            expected = {A1: ApplicationRecord(one, decided), A2: ApplicationRecord(two)}
            assert tx.applications.find([A1, A2]) == within == expected
            assert tx.applications.find([]) == {}
            assert list(tx.applications.all()) == list(expected.values())
            assert list(tx.applications.of_applicant(BEN)) == [expected[A2]]
            assert list(tx.applications.of_applicant(ANN)) == []

    def test_one_application_of_somebody_waits(self, store_of: StoreOf) -> None:
        """A second one is a conflict until the first is decided, and nothing of it is written."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.applications.add(an_application("a1"), some_evidence())
            tx.applications.add(an_application("a0", "ann"), some_evidence())
            assert list(tx.applications.all_waiting()) == [("ann", "a0"), ("new", "a1")]
        for again in (an_application("a2"), an_application("a1", "ben")):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.applications.add(again, some_evidence())
        with store.begin() as tx:
            assert tx.applications.waiting(MemberId("new")) == "a1"
            tx.applications.review(A1, a_review(ApplicationState.REJECTED))
            assert tx.applications.waiting(MemberId("new")) is None
            tx.applications.add(an_application("a2"), some_evidence())
        with store.begin() as tx:
            assert list(tx.applications.all_waiting()) == [("ann", "a0"), ("new", "a2")]
            assert [each.state.value for each in tx.applications.of_applicant(MemberId("new"))] == [
                "rejected",
                "applied",
            ]

    def test_an_application_is_decided_once(self, store_of: StoreOf) -> None:
        """Of two decisions at once one is made."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.applications.add(an_application("a1"), some_evidence())
            tx.applications.review(A1, a_review())
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.applications.review(A1, a_review(ApplicationState.REJECTED))
        with store.begin() as tx:
            assert tx.applications.find([A1])[A1].review == a_review()

    def test_applications_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Of applications, applicants, sponsors and tiers."""
        with store_of("shop").begin() as tx:
            for id in NASTY:
                tx.applications.add(an_application(id, id, sponsor=id), some_evidence(id))
                tx.applications.review(ApplicationId(id), a_review(sponsor=id, tier=id))
        with store_of("shop").begin() as tx:
            many = [f"m{number}" for number in range(MANY)]
            asked = [ApplicationId(id) for id in (*many, "abC", *NASTY)]
            found = tx.applications.find(asked)
            assert found.keys() == set(NASTY)
            for id, record in found.items():
                assert record.application == an_application(id, id, sponsor=id)
                assert record.review == a_review(sponsor=id, tier=id)
            assert [each.application.id for each in tx.applications.all()] == sorted(NASTY)

    def test_evidence_is_erased_and_the_application_stays(self, store_of: StoreOf) -> None:
        """Of all applications of somebody, and of nobody else."""
        store = store_of("shop")
        texts = Evidence(TEXTS[6], TEXTS[-1], TEXTS)
        with store_of("another").begin() as tx:
            tx.applications.add(an_application("a1"), some_evidence())
        with store.begin() as tx:
            tx.applications.add(an_application("a1"), texts)
            tx.applications.review(A1, a_review(ApplicationState.REJECTED))
            tx.applications.add(an_application("a2"), Evidence())
            tx.applications.add(an_application("a3", "ben"), some_evidence())
        with store.begin() as tx:
            ids = [A1, A2, ApplicationId("a3"), ApplicationId("a4")]
            assert tx.applications.evidence(ids) == {A1: texts, A2: Evidence(), "a3": some_evidence()}
            assert tx.applications.evidence([]) == {}
            unknown = [ApplicationId(f"m{number}") for number in range(MANY)]
            assert tx.applications.evidence([*unknown, A1]) == {A1: texts}
            assert tx.applications.erase(MemberId("new")) == 2
            assert tx.applications.erase(MemberId("new")) == 0
        with store.begin() as tx:
            assert tx.applications.evidence(ids) == {"a3": some_evidence()}
            assert len(list(tx.applications.all())) == 3
        with store_of("another").begin() as tx:
            assert tx.applications.evidence([A1]) == {A1: some_evidence()}

    def test_all_applications_come_though_more_come_meanwhile(self, store_of: StoreOf) -> None:
        """A page at a time, by id."""
        with store_of("shop").begin() as tx:
            for number in range(ONE_BY_ONE):
                tx.applications.add(an_application(f"a{number:04}", f"m{number}"), Evidence())
            known = list(tx.applications.all())

            def write(place: int) -> None:
                tx.applications.add(an_application(f"b{place}", f"late {place}"), Evidence())

            seen = read_while(tx.applications.all(), write)
        assert_all_seen(seen, known)
        assert [each.application.id for each in known] == [f"a{number:04}" for number in range(ONE_BY_ONE)]


class PromotionCodesContract:
    """Codes that stand for promoters."""

    def test_a_code_is_found_as_it_was_given_out(self, store_of: StoreOf) -> None:
        """By kind and reference; revoked or not."""
        link = a_code("f" * 64, "ben", CodeKind.LINK, valid_from=FIRST, valid_until=LAST)
        with store_of("another").begin() as tx:
            peopled(tx).promotion_codes.add(a_code("AUTUMN"))
        with store_of("shop").begin() as tx:
            peopled(tx)
            tx.promotion_codes.add(a_code())
            tx.promotion_codes.add(link)
            tx.promotion_codes.revoke(a_code(), at=LATER, actor=BOSS)
        with store_of("shop").begin() as tx:
            revoked = evolve(a_code(), revoked_at=LATER)
            assert tx.promotion_codes.find(CodeKind.SHORT, "SPRING") == revoked
            assert tx.promotion_codes.find(CodeKind.LINK, "f" * 64) == link
            assert tx.promotion_codes.find(CodeKind.LINK, "SPRING") is None
            assert tx.promotion_codes.find(CodeKind.SHORT, "AUTUMN") is None
            assert list(tx.promotion_codes.of_owner(BEN)) == [link]
            assert list(tx.promotion_codes.all()) == [link, revoked]
            more = [a_code(ref, "ben") for ref in ("B", "A")]
            for each in more:
                tx.promotion_codes.add(each)
            assert list(tx.promotion_codes.of_owner(BEN)) == [link, *reversed(more)]

    def test_a_code_is_given_out_and_revoked_once(self, store_of: StoreOf) -> None:
        """Of two at once one is; also after it was revoked."""
        store = store_of("shop")
        with store.begin() as tx:
            peopled(tx).promotion_codes.add(a_code())
        for _ in range(2):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.promotion_codes.add(a_code(owner="ben"))
            with store.begin() as tx:
                found = tx.promotion_codes.find(CodeKind.SHORT, "SPRING")
                assert found is not None
                if found.revoked_at is None:
                    tx.promotion_codes.revoke(a_code(), at=LATER, actor=BOSS)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.promotion_codes.revoke(a_code(), at=LAST, actor=BOSS)
        with store.begin() as tx:
            assert list(tx.promotion_codes.all()) == [evolve(a_code(), revoked_at=LATER)]

    def test_codes_are_kept_apart_exactly(self, store_of: StoreOf) -> None:
        """Codes and owners that differ only by case, accent or a trailing blank."""
        with store_of("shop").begin() as tx:
            peopled(tx)
            for id in NASTY:
                tx.promotion_codes.add(a_code(id, id))
        with store_of("shop").begin() as tx:
            for id in NASTY:
                assert tx.promotion_codes.find(CodeKind.SHORT, id) == a_code(id, id)
                assert list(tx.promotion_codes.of_owner(MemberId(id))) == [a_code(id, id)]
            assert [each.ref for each in tx.promotion_codes.all()] == sorted(NASTY)

    def test_all_codes_come_though_more_come_meanwhile(self, store_of: StoreOf) -> None:
        """A page at a time, by kind and reference."""
        with store_of("shop").begin() as tx:
            peopled(tx)
            for number in range(ONE_BY_ONE):
                kind = CodeKind.LINK if number < ONE_BY_ONE // 2 else CodeKind.SHORT
                tx.promotion_codes.add(a_code(f"C{number:04}", kind=kind))
            known = list(tx.promotion_codes.all())
            seen = read_while(
                tx.promotion_codes.all(), lambda place: tx.promotion_codes.add(a_code(f"D{place}"))
            )
        assert_all_seen(seen, known)
        assert [each.ref for each in known] == [f"C{number:04}" for number in range(ONE_BY_ONE)]


class TouchesContract:
    """Touches, and what became of each."""

    def test_a_touch_is_found_as_it_was_written(self, store_of: StoreOf) -> None:
        """With its reason, its end and its code, if it has any; numbers as numbers."""
        touches = [
            a_touch(number=1, outcome=Outcome(Result.BOUND, Why.FIRST_TOUCH, LAST), touched_at=FIRST),
            a_touch(number=2, via=Via.CODE, ref="SPRING", channel=TEXTS[7]),
            a_touch(number=3, via=Via.LINK, ref="f" * 64, promoter="ben"),
            a_touch(
                number=4,
                via=Via.LINK,
                promoter=None,
                outcome=Outcome(Result.REFUSED, Why.CODE_NOT_VALID),
            ),
            *(
                a_touch(number=number, outcome=Outcome(Result.REFUSED, why))
                for number, why in enumerate(Why, 5)
            ),
        ]
        with store_of("another").begin() as tx:
            tx.touches.add(a_touch())
        with store_of("shop").begin() as tx:
            for touch in touches:
                tx.touches.add(touch)
        with store_of("shop").begin() as tx:
            assert list(tx.touches.of_customer(CAI)) == list(tx.touches.all()) == touches
            assert tx.touches.last(CAI) == touches[-1]
            assert tx.touches.last(ANN) is None
            assert list(tx.touches.of_customer(ANN)) == []

    def test_a_number_of_a_touch_is_taken_once(self, store_of: StoreOf) -> None:
        """Of two touches of a customer at once one is written."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.touches.add(a_touch())
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.touches.add(a_touch(promoter="ben"))
        with store.begin() as tx:
            assert list(tx.touches.all()) == [a_touch()]

    def test_touches_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Of customers, promoters, channels and codes."""
        touches = [a_touch(id, promoter=f"{id[:100]}!", channel=id, via=Via.CODE, ref=id) for id in NASTY]
        with store_of("shop").begin() as tx:
            for touch in touches:
                tx.touches.add(touch)
        with store_of("shop").begin() as tx:
            for touch in touches:
                assert tx.touches.last(touch.customer) == touch
                assert list(tx.touches.of_customer(touch.customer)) == [touch]
            assert [each.customer for each in tx.touches.all()] == sorted(NASTY)

    def test_all_touches_come_though_more_come_meanwhile(self, store_of: StoreOf) -> None:
        """A page at a time, by customer and number."""
        with store_of("shop").begin() as tx:
            known = [a_touch(f"c{number // 3:04}", number % 3 + 1) for number in range(ONE_BY_ONE)]
            for touch in known:
                tx.touches.add(touch)
            seen = read_while(tx.touches.all(), lambda place: tx.touches.add(a_touch(f"d{place}")))
        assert_all_seen(seen, known)

    def test_who_has_bought_is_known(self, store_of: StoreOf) -> None:
        """By exact ids, whatever became of the order; a batch may be larger than a statement."""
        many = [MemberId(f"m{number}") for number in range(MANY)]
        with store_of("another").begin() as tx:
            tx.plans.add(a_plan(), at=day(1))
            tx.sales.book([a_booking(a_sale(buyer="abC"))], [])
        with store_of("shop").begin() as tx:
            tx.plans.add(a_plan(), at=day(1))
            tx.sales.book([a_booking(a_sale(id, id)) for id in NASTY], [])
            tx.sales.book([a_booking(a_sale(f"{id[:100]}!", id)) for id in NASTY], [])
        with store_of("shop").begin() as tx:
            assert tx.sales.bought([*many, MemberId("abC"), *map(MemberId, NASTY)]) == set(NASTY)
            assert tx.sales.bought([]) == set()
