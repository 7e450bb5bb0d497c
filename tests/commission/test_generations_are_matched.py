"""Matching walks up from whoever earned, generation by generation."""

import pytest
from attrs import evolve
from tests.commission.periods import a_period, paid_by, rate, reasons_of, value_of

from distcore.commission import (
    Generation,
    Matching,
    MatchingBasis,
    PeriodFacts,
    PeriodReason,
    Standing,
    generations_below,
)
from distcore.kernel import ComponentId, InputError, MemberId, limits

CHAIN = {"b": "a", "c": "b", "d": "c"}
MATCHING = Matching(ComponentId("matching"), (ComponentId("levels"),), (rate("10%"), rate("5%")))
EARNED = {"levels": {"c": 1_000, "d": 200}}
NOTHING = dict.fromkeys("abcd", 0)


def test_two_generations() -> None:
    facts = a_period(NOTHING, sponsors=CHAIN, earned=EARNED)
    assert paid_by(MATCHING, facts) == {"a": 50, "b": 100 + 10, "c": 20}
    generations = (Generation(rate("10%"), 1_000), Generation(rate("5%"), 200))
    assert value_of(MATCHING, facts).share(1).basis == MatchingBasis(generations)


def test_who_does_not_qualify_uses_up_a_generation_unless_it_is_compressed() -> None:
    """Whoever is gone never does."""
    suspended = a_period(NOTHING, sponsors=CHAIN, earned=EARNED, standings={"b": Standing.SUSPENDED})
    assert paid_by(MATCHING, suspended) == {"a": 50, "c": 20}
    compressed = evolve(MATCHING, compress=True)
    assert paid_by(compressed, suspended) == {"a": 100 + 10, "c": 20}
    gone = a_period(NOTHING, sponsors=CHAIN, earned=EARNED, standings={"b": Standing.GONE})
    assert paid_by(MATCHING, gone) == {"a": 100 + 10, "c": 20}


def test_several_components_are_matched_together() -> None:
    both = evolve(MATCHING, of=(ComponentId("levels"), ComponentId("share")))
    earned = {**EARNED, "share": {"b": 300, "d": 100}}
    facts = a_period(NOTHING, sponsors=CHAIN, earned=earned)
    assert paid_by(both, facts) == {"a": 30 + 50, "b": 100 + 15, "c": 30}


def test_why_nothing_is_matched() -> None:
    facts = a_period(NOTHING, sponsors=CHAIN, earned={"levels": {"b": 4}})
    assert reasons_of(MATCHING, facts) == {
        "a": PeriodReason.ROUNDS_TO_ZERO,
        "b": PeriodReason.NOTHING_TO_MATCH,
        "c": PeriodReason.NOTHING_TO_MATCH,
        "d": PeriodReason.NOTHING_TO_MATCH,
    }
    unpaid = evolve(MATCHING, rates=(rate("0%"),))
    assert reasons_of(unpaid, facts)["a"] is PeriodReason.RATE_IS_ZERO


def below(matching: Matching, facts: PeriodFacts, name: str) -> list[tuple[int, str]]:
    place = facts.members.index(MemberId(name))
    return [(each, facts.members[at]) for each, at in generations_below(matching, facts, place)]


def test_whose_earnings_are_matched_is_told_nearest_first() -> None:
    facts = a_period(NOTHING, sponsors=CHAIN, earned=EARNED)
    assert below(MATCHING, facts, "a") == [(1, "b"), (2, "c")]
    assert below(MATCHING, facts, "c") == [(1, "d")]
    assert below(MATCHING, facts, "d") == []
    assert below(evolve(MATCHING, rates=(rate("1%"),) * 9), facts, "a") == [(1, "b"), (2, "c"), (3, "d")]
    two = a_period({"a": 0, "b": 0, "c": 0}, sponsors={"b": "a", "c": "a"})
    assert below(MATCHING, two, "a") == [(1, "b"), (1, "c")]


def test_who_is_passed_over_uses_up_no_generation_of_whose_is_matched() -> None:
    suspended = a_period(NOTHING, sponsors=CHAIN, standings={"b": Standing.SUSPENDED})
    assert below(MATCHING, suspended, "a") == [(1, "b"), (2, "c")]
    assert below(evolve(MATCHING, compress=True), suspended, "a") == [(1, "b"), (1, "c"), (2, "d")]


# One person of several ids

ONE_PERSON = {"b": 0, "c": 0}
"""Ben sponsors another id of his own."""


def test_nobody_matches_what_another_id_of_ones_own_earned_and_no_generation_is_used_up() -> None:
    facts = a_period(NOTHING, sponsors=CHAIN, earned=EARNED, persons=ONE_PERSON)
    assert paid_by(MATCHING, facts) == {"a": 100, "b": 10, "c": 20}
    generations = (Generation(rate("10%"), 200), Generation(rate("5%"), 0))
    assert value_of(MATCHING, facts).share(2).basis == MatchingBasis(generations)


def test_what_ids_of_persons_earned_climbs_to_everybody_else() -> None:
    """Two persons of two ids each, in turn: what each earns is beside what others earn."""
    chain = {"b": "a", "c": "b", "d": "c", "e": "d"}
    earned = {"levels": {"b": 500, "c": 1_000, "d": 2_000, "e": 3_000}}
    facts = a_period(
        dict.fromkeys("abcde", 0),
        sponsors=chain,
        earned=earned,
        persons={"b": 0, "d": 0, "c": 1, "e": 1},
    )
    assert paid_by(MATCHING, facts) == {
        "a": 50 + 50 + 100,  # of b, c in the second generation, and d, whose other id is passed over
        "b": 100 + 150,  # of c, and of e, whose other id stands between
        "c": 200,  # of d
        "d": 300,  # of e
    }
    nine = evolve(MATCHING, rates=(rate("1%"),) * 9)
    assert below(nine, facts, "a") == [(1, "b"), (2, "c"), (2, "d"), (3, "e")]
    assert below(nine, facts, "b") == [(1, "c"), (2, "e")]
    assert below(MATCHING, facts, "d") == [(1, "e")]


def test_where_only_an_id_of_a_person_earns_every_generation_is_its_own() -> None:
    facts = a_period(NOTHING, sponsors=CHAIN, earned={"levels": {"d": 1_000}}, persons={"d": 0, "c": 0})
    assert paid_by(MATCHING, facts) == {"a": 50, "b": 100}
    generations = (Generation(rate("10%"), 0), Generation(rate("5%"), 1_000))
    assert value_of(MATCHING, facts).share(0).basis == MatchingBasis(generations)


def test_more_than_64_bits_can_hold_is_refused_before_anybody_adds_it_up() -> None:
    both = evolve(MATCHING, of=(ComponentId("levels"), ComponentId("share")))
    most = limits.TOTAL_MINOR_MAX
    facts = a_period(NOTHING, sponsors=CHAIN, earned={"levels": {"c": most}, "share": {"d": 1}})
    with pytest.raises(InputError, match="matching matches more than 64 bits can hold"):
        value_of(both, facts)
