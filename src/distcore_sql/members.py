"""`distcore.members`' ports in tables: policies of tiers, evaluations and decisions."""

import json
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from distcore.codec import Media, dump_tiers, load_tiers
from distcore.kernel import Instant, MemberId, Period, micros_of
from distcore.members import Decision, Evaluation, Measures, Outcome, TierPolicy
from distcore_sql.money_rows import hash_of
from distcore_sql.rows import readable, stored_instant, stored_word
from distcore_sql.statements import Statements, Values, among, listed, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 5_000
"""Decisions read at a time when all of them are: bounds memory."""


class SqlTierPolicies:
    """Policies of tiers, as documents."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, policy: TierPolicy, *, at: Instant) -> None:
        """Write a version that is not there yet."""
        self._sql.insert("tier_policies", [(policy.policy_version, dump_tiers(policy), micros_of(at))])

    def all(self) -> Sequence[TierPolicy]:
        """Return every version, by version."""
        return [tier_policy_of(row[0]) for row in self._sql.rows(_policies)]


class SqlTierEvaluations:
    """Evaluations, and what they decided about members."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def all(self) -> Sequence[Evaluation]:
        """Return every evaluation by number."""
        return [evaluation_of(row) for row in self._sql.rows(_evaluations)]

    def add(self, evaluation: Evaluation) -> None:
        """Write an evaluation."""
        self._sql.insert("tier_evaluations", [row_of_evaluation(evaluation)])

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Write decisions."""
        self._sql.insert("tier_decisions", [row_of_decision(each) for each in decisions])

    def decisions(self, evaluation: int) -> Iterator[Decision]:
        """Yield the decisions of an evaluation by member, a page at a time."""
        return self._paged(_decisions, evaluation)

    def in_grace(self, evaluation: int) -> Iterator[Decision]:
        """Yield those decisions of an evaluation that gave grace, by member, a page at a time."""
        return self._paged(_in_grace, evaluation)

    def of(self, members: Collection[MemberId]) -> dict[MemberId, list[Decision]]:
        """Return the decisions about these members, by evaluation."""
        found: dict[MemberId, list[Decision]] = {}
        for row in self._sql.rows(_of, ids=listed(members)) if members else ():
            decision = decision_of(row)
            found.setdefault(decision.member, []).append(decision)
        return found

    def outcomes(self, evaluation: int) -> dict[Outcome, int]:
        """Count the decisions of an evaluation by outcome."""
        found = self._sql.rows(_outcomes, evaluation=evaluation)
        return {stored_word(Outcome, row[0], "decision"): int(row[1]) for row in found}

    def count(self) -> int:
        """Return how many decisions there are."""
        return int(self._sql.rows(_count)[0][0])

    def _paged(self, build: Any, evaluation: int) -> Iterator[Decision]:
        after = ""
        while page := self._sql.rows(build, evaluation=evaluation, after=after, limit=PAGE):
            yield from map(decision_of, page)
            after = page[-1][1]


def row_of_evaluation(evaluation: Evaluation) -> Values:
    """Return the row of an evaluation."""
    return (
        evaluation.number,
        evaluation.period.label,
        micros_of(evaluation.period.start),
        micros_of(evaluation.period.end),
        evaluation.policy_version,
        evaluation.credits.hex(),
        evaluation.tree_revision,
        evaluation.actor,
        micros_of(evaluation.evaluated_at),
    )


def evaluation_of(row: Sequence[Any]) -> Evaluation:
    """Return the evaluation of a row."""
    number, label, start, end, policy_version, credits_hash, tree_revision, actor, evaluated_at = row
    return Evaluation(
        number,
        Period(label, stored_instant(start), stored_instant(end)),
        policy_version,
        hash_of(credits_hash),
        tree_revision,
        actor,
        stored_instant(evaluated_at),
    )


def row_of_decision(decision: Decision) -> Values:
    """Return the row of a decision."""
    measures = decision.measures
    return (
        decision.evaluation,
        decision.member,
        decision.outcome.value,
        decision.held,
        decision.earned,
        decision.tier,
        decision.misses,
        measures.own_minor,
        measures.direct_minor,
        measures.team_minor,
        measures.strongest_leg_minor,
        json.dumps(measures.recruits, separators=(",", ":")),
        measures.years,
        measures.credit,
    )


def decision_of(row: Sequence[Any]) -> Decision:
    """Return the decision of a row."""
    evaluation, member, outcome, held, earned, tier, misses = row[:7]
    own, direct, team, strongest, recruits, years, credit = row[7:]
    return Decision(
        evaluation,
        member,
        stored_word(Outcome, outcome, "decision"),
        held,
        earned,
        tier,
        misses,
        Measures(own, direct, team, strongest, _recruits_of(recruits), years, credit),
    )


@lru_cache(maxsize=4096)  # nearly everybody has one of a few
def _recruits_of(text: str) -> tuple[tuple[int, int], ...]:
    with readable("decision"):
        return tuple((int(asked), int(count)) for asked, count in json.loads(text))


@lru_cache(maxsize=64)
def tier_policy_of(body: str) -> TierPolicy:
    """Return the tier policy of a document; parsed once, as plans are."""
    with readable("tier policy"):
        return load_tiers(body.encode(), Media.JSON)


def _policies(tables: Tables) -> Any:
    policies = tables.tier_policies
    return select(policies.c.body).where(of_shop(policies)).order_by(policies.c.policy_version)


def _evaluations(tables: Tables) -> Any:
    evaluations = tables.tier_evaluations
    return select(*evaluations.c[1:]).where(of_shop(evaluations)).order_by(evaluations.c.evaluation)


def _decisions(tables: Tables) -> Any:
    decisions = tables.tier_decisions
    of_evaluation = (
        decisions.c.evaluation == bindparam("evaluation"),
        decisions.c.member > bindparam("after"),
    )
    page = select(*decisions.c[1:]).where(of_shop(decisions), *of_evaluation)
    return page.order_by(decisions.c.member).limit(bindparam("limit"))


def _in_grace(tables: Tables) -> Any:
    return _decisions(tables).where(tables.tier_decisions.c.misses > 0)


def _of(tables: Tables) -> Any:
    decisions = tables.tier_decisions
    some = select(*decisions.c[1:]).where(of_shop(decisions), among(decisions.c.member))
    return some.order_by(decisions.c.member, decisions.c.evaluation)


def _outcomes(tables: Tables) -> Any:
    decisions = tables.tier_decisions
    counted = select(decisions.c.outcome, func.count()).where(
        of_shop(decisions), decisions.c.evaluation == bindparam("evaluation")
    )
    return counted.group_by(decisions.c.outcome)


def _count(tables: Tables) -> Any:
    return select(func.count()).select_from(tables.tier_decisions).where(of_shop(tables.tier_decisions))
