"""Who is the same person as whom depends on the revision alone; whoever shares nothing any more is alone."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import NOW
from tests.referral.trees import tree_of

from distcore.kernel import MemberId, Refusal, ShopId, limits
from distcore.referral import (
    EVERYBODY_ALONE,
    Identity,
    Newcomer,
    Persons,
    fingerprint_hash,
    fingerprints_problems,
    identify,
    is_same_person,
    join,
    move,
    others_of,
    persons_of,
)

ANN, BEN, CAI, DAN = map(MemberId, ("ann", "ben", "cai", "dan"))


class People:
    """Identities as they come, one revision after the other."""

    def __init__(self) -> None:
        self.identities: list[Identity] = []
        self.revision = 0

    @property
    def persons(self) -> Persons:
        return persons_of(self.identities)

    def identify(self, member: MemberId, *sharing: MemberId) -> tuple[Identity, ...]:
        found = identify(self.persons, member, sharing, at=NOW, revision=self.revision + 1)
        assert not isinstance(found, Refusal)
        self.identities += found
        self.revision += bool(found)
        return found

    def others(self, member: MemberId, revision: int | None = None) -> Collection[MemberId]:
        return others_of(self.persons, member, self.revision if revision is None else revision)


def test_who_has_no_identity_is_a_person_alone() -> None:
    assert is_same_person(EVERYBODY_ALONE, ANN, ANN, 0)
    assert not is_same_person(EVERYBODY_ALONE, ANN, BEN, 0)
    assert others_of(EVERYBODY_ALONE, ANN, 0) == frozenset()


def test_two_who_share_are_one_person_and_a_third_is_the_same_as_both() -> None:
    people = People()
    assert people.identify(BEN, ANN) == (Identity(ANN, NOW, 1), Identity(BEN, NOW, 1))
    assert people.identify(CAI, BEN) == tuple(Identity(each, NOW, 2) for each in (ANN, BEN, CAI))
    assert people.others(ANN) == {BEN, CAI}
    assert people.others(ANN, revision=1) == {BEN}
    assert people.others(ANN, revision=0) == set()


def test_two_persons_who_are_found_to_be_one_are_all_the_same() -> None:
    people = People()
    people.identify(ANN, BEN)
    people.identify(CAI, DAN)
    people.identify(BEN, DAN, ANN)
    assert people.others(ANN) == {BEN, CAI, DAN}
    assert people.others(ANN, revision=2) == {BEN}


def test_who_shares_with_others_now_leaves_those_of_before() -> None:
    people = People()
    people.identify(ANN, BEN)
    people.identify(BEN, CAI)
    assert people.others(BEN) == {CAI}
    assert people.others(ANN) == set()


def test_what_is_known_already_is_not_written_again() -> None:
    people = People()
    people.identify(ANN, BEN)
    assert people.identify(BEN, ANN) == ()
    assert people.identify(CAI) == ()


def test_who_shares_nothing_any_more_is_alone_and_those_who_are_left_stay_one() -> None:
    people = People()
    people.identify(ANN, BEN)
    people.identify(CAI, BEN)
    assert people.identify(CAI) == (Identity(CAI, NOW, 3),)
    assert people.others(CAI) == set()
    assert people.others(ANN) == {BEN}
    assert people.others(ANN, revision=2) == {BEN, CAI}
    assert people.identify(CAI) == ()


def test_a_person_is_found_by_whichever_id_is_asked_first() -> None:
    """The revision of an identity that is yet to come is not looked at."""
    persons = persons_of([Identity(ANN, NOW, 5), Identity(BEN, NOW, 5)])
    assert not is_same_person(persons, ANN, BEN, 4)
    assert is_same_person(persons, BEN, ANN, 5)


@pytest.mark.parametrize("more", [0, 1])
def test_a_person_has_so_many_ids_at_most(more: int) -> None:
    sharing = [MemberId(f"m{each}") for each in range(limits.PERSON_MEMBERS_MAX - 1 + more)]
    found = identify(EVERYBODY_ALONE, ANN, sharing, at=NOW, revision=1)
    if not more:
        assert isinstance(found, tuple)
        assert len(found) == limits.PERSON_MEMBERS_MAX
    else:
        assert isinstance(found, Refusal)
        assert found.message == "ann would be the same person as 1001 ids; the limit is 1000"


def test_nobody_joins_or_moves_below_oneself_under_another_id() -> None:
    persons = persons_of([Identity(ANN, NOW, 1), Identity(BEN, NOW, 1)])
    tree = tree_of("ann", "cai > ben")
    told = "same_person: ben and ann are the same person"
    moved = move(tree, BEN, ANN, valid_from=NOW, at=NOW, revision=2, persons=persons)
    assert str(moved).startswith(told)
    del tree[BEN]
    newcomer = Newcomer(BEN, NOW, ANN)
    refused, joined = (
        join(tree, newcomer, at=NOW, depths={}, members_below={}, persons=persons, revision=revision)
        for revision in (1, 0)
    )
    assert str(refused).startswith(told)
    assert not isinstance(joined, Refusal)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sets(st.sampled_from("abcd"))), max_size=12))
def test_an_earlier_revision_answers_alike_for_ever(steps: list[tuple[str, set[str]]]) -> None:
    """And to be the same person is to be so in both directions, and through a third."""
    people = People()
    answers: dict[int, list[bool]] = {}
    pairs = [(MemberId(one), MemberId(other)) for one in "abcd" for other in "abcd"]
    for member, sharing in steps:
        people.identify(MemberId(member), *(MemberId(each) for each in sharing - {member}))
        answers[people.revision] = [is_same_person(people.persons, *pair, people.revision) for pair in pairs]
    for revision, answer in answers.items():
        assert [is_same_person(people.persons, *pair, revision) for pair in pairs] == answer
    for one, other in pairs:
        same = is_same_person(people.persons, one, other, people.revision)
        assert same == is_same_person(people.persons, other, one, people.revision)
        assert same == (one == other or other in people.others(one))


def test_a_fingerprint_has_another_hash_in_each_shop_and_none_can_be_read() -> None:
    one, other = (fingerprint_hash(ShopId(shop), "phone 13800000000") for shop in ("tea", "cup"))
    assert one != other
    assert len(one) == len(other) == 64
    assert fingerprint_hash(ShopId("tea"), "phone 13800000001") != one


@pytest.mark.parametrize(
    ("fingerprints", "problems"),
    [
        ([], []),
        (["a", "b"], []),
        ({"a"}, []),
        (["x"] * limits.FINGERPRINTS_MAX, []),
        (["x"] * (limits.FINGERPRINTS_MAX + 1), ["fingerprints: there are 101 (at most 100)"]),
        ("secret", ["fingerprints: not a list (a list of texts)"]),
        (7, ["fingerprints: not a list (a list of texts)"]),
        (
            ["a", "sec\nret"],
            ["fingerprints: one of them is none (each a text of 1 to 128 characters, and not blank)"],
        ),
    ],
)
def test_malformed_fingerprints_are_named_and_not_repeated(fingerprints: object, problems: list[str]) -> None:
    assert [str(each) for each in fingerprints_problems("ann", fingerprints)] == problems
    assert [each.where for each in fingerprints_problems("", fingerprints)][:1] == ["member"]
