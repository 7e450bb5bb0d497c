"""Tiers are decided period by period: gather columns, add up over the forest, decide member by member, write.

A tier that an evaluation gives holds from the end of the period on: what was accrued before stays as it was.
The one rule this file protects: a period is evaluated once, after the one before it, under the tree's lock;
what is refunded later changes no earlier evaluation.  Memory holds a few columns, and a page of decisions.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from attrs import frozen

from distcore import referral
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import Call, answered, called, check, done_before, remember
from distcore.engine.period_facts import forest_of, persons_at
from distcore.engine.periods import following
from distcore.engine.placement import let_stay
from distcore.kernel import (
    Calendar,
    Downlines,
    InputError,
    Instant,
    MemberId,
    Period,
    Problem,
    RefusedError,
    digest,
    direct_sums,
    format_instant,
    id_problem,
    int_problem,
    last_of,
    limits,
    parse_period,
    period_of,
    previous_period,
    recruits_with,
    shown,
    strongest_legs,
    team_sums,
)
from distcore.members import (
    Check,
    Decision,
    Evaluation,
    Measures,
    TierPolicy,
    checks,
    decide,
    evaluation_refusal,
    full_years,
    standing_of,
    tier_policy_at,
    tier_policy_problems,
)
from distcore.members import refusals as no
from distcore.ports import Transaction
from distcore.referral import Aspect, Member, State, lasting, seat_of, sponsor_of

PAGE: Final = 5_000
"""Members that are decided together: bounds memory."""

Progress = Callable[[int], None]
"""Called with the number of members decided so far."""


def set_tier_policy(tx: Transaction, policy: TierPolicy, *, at: Instant, actor: str, key: str) -> TierPolicy:
    """Set how tiers are earned and lost from a period on; set again unchanged it is left alone."""
    problems = tier_policy_problems(policy)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "set_tier_policy", policy) is None:
        shop = policy_of(tx)
        if policy.currency not in shop.currencies:
            raise RefusedError(currency_refusal(shop, policy.currency))
        there = {each.policy_version: each for each in tx.tier_policies.all()}
        if there.get(policy.policy_version, policy) != policy:
            raise RefusedError(no.TIER_POLICY_EXISTS.refuse(policy_version=policy.policy_version))
        if policy.policy_version not in there:
            tx.tier_policies.add(policy, at=call.at)
        remember(tx, call, "set_tier_policy", policy, about=[policy.currency])
    return policy


def evaluate_tiers(
    tx: Transaction,
    period: str | None = None,
    *,
    credits: Mapping[MemberId, int] | None = None,  # noqa: A002 the word of the policy
    at: Instant,
    actor: str,
    key: str,
    progress: Progress | None = None,
) -> Evaluation:
    """Decide who rises, falls, stays or has grace by a period: the named one, or the next one.

    What members bought counts with what is left of it now, and the tree as it was when the period ended, as
    known now.  `credits` are the numbers for `credit`, by member; whoever is not named has 0.  The tiers hold
    from the end of the period on.  Terminated members are passed over.

    A period that was evaluated is not evaluated again: with the same credits its evaluation is the answer.
    Refused before the period has ended, and out of order; the first one is any, or the last that has ended.
    An `InputError` for a label that names no period of the policy's rhythm.
    """
    call = called(at=at, actor=actor, key=key)
    given = credits_of(credits)
    check(None if period is None else id_problem(period, "period"))
    tx.members.lock()
    inputs = (period, digest(given).hex())
    command = done_before(tx, call, "evaluate_tiers", inputs)
    if command is not None:
        return tier_evaluation(tx, int(command.answer))
    evaluations = tx.tier_evaluations.all()
    found = next((each for each in evaluations if each.period.label == period), None)
    if found is None:
        found = _evaluate(tx, call, evaluations, period, given, progress)
    elif found.credits != digest(given):
        raise RefusedError(no.EVALUATED_OTHERWISE.refuse(period=period, evaluation=found.number))
    remember(tx, call, "evaluate_tiers", inputs, str(found.number), about=[found.period.label])
    return found


def tier_evaluation(tx: Transaction, number: int) -> Evaluation:
    """Return an evaluation by its number."""
    check(int_problem(number, "evaluation", least=1, most=limits.TOTAL_MINOR_MAX))
    found = next((each for each in tx.tier_evaluations.all() if each.number == number), None)
    if found is None:
        raise RefusedError(no.EVALUATION_UNKNOWN.refuse(evaluation=number))
    return found


@frozen
class ToldDecision:
    """A decision, its evaluation, and each requirement of each tier held against what the member had."""

    evaluation: Evaluation
    decision: Decision
    checks: tuple[Check, ...]


def tier_decisions(tx: Transaction, member: MemberId) -> tuple[ToldDecision, ...]:
    """Return what was decided about a member, by evaluation, with what was met and what was missing.

    Nothing is kept of an evaluation in which the member had no tier, and nothing that could lead to one.
    """
    check(id_problem(member, "member"))
    if member not in tx.members.upward([member], 0):
        return answered(referral.refusals.MEMBER_UNKNOWN.refuse(member=member))
    evaluations = {each.number: each for each in tx.tier_evaluations.all()}
    policies = {each.policy_version: each for each in tx.tier_policies.all()}
    decisions = tx.tier_evaluations.of([member]).get(member, ())
    return tuple(_told(evaluations[each.evaluation], each, policies) for each in decisions)


def credits_of(credits: object) -> dict[MemberId, int]:  # noqa: A002 the word of the policy
    """Return the credits that say something, by member; wrong ones are reported together."""
    if credits is None:
        return {}
    if not isinstance(credits, Mapping):
        raise InputError.of("credits", f"not a mapping: {shown(credits)}", "a number for each member")
    check(*(problem for member, credit in credits.items() for problem in _credit_problems(member, credit)))
    return {member: credit for member, credit in credits.items() if credit}


def _credit_problems(member: object, credit: object) -> Iterator[Problem | None]:
    yield id_problem(member, "credits")
    yield int_problem(credit, f"credits[{shown(member)}]", least=0, most=limits.AMOUNT_MINOR_MAX)


def _told(evaluation: Evaluation, decision: Decision, policies: Mapping[int, TierPolicy]) -> ToldDecision:
    policy = policies[evaluation.policy_version]
    found = (
        one for tier in policy.tiers for one in checks(policy, tier.name, decision.measures, decision.held)
    )
    return ToldDecision(evaluation, decision, tuple(found))


# ---- one evaluation


def _evaluate(
    tx: Transaction,
    call: Call,
    evaluations: Sequence[Evaluation],
    label: str | None,
    credits: dict[MemberId, int],  # noqa: A002 the word of the policy
    progress: Progress | None,
) -> Evaluation:
    calendar = policy_of(tx).calendar
    policy, expected = _next(tx.tier_policies.all(), evaluations, calendar, label, call.at)
    refusal = evaluation_refusal(label or expected.label, expected, at=call.at)
    if refusal is not None:
        raise RefusedError(refusal)
    revision = tx.members.revision()
    everybody = _Everybody.of(tx, policy, expected, calendar, revision, credits)
    number = len(evaluations) + 1
    evaluation = Evaluation(
        number, expected, policy.policy_version, digest(credits), revision, call.actor, call.at
    )
    tx.tier_evaluations.add(evaluation)
    graced = _graced(tx, evaluations[-1], evaluation) if evaluations else {}
    staying: list[MemberId] = []
    for start in range(0, len(everybody.ids), PAGE):
        places = range(start, min(start + PAGE, len(everybody.ids)))
        decisions = list(everybody.decided(policy, places, graced, number))
        tx.tier_evaluations.decide([each for each in decisions if each.says_something])
        changing = [each for each in decisions if each.changes_tier]
        staying.extend(_change(tx, evaluation, changing, revision))
        revision += len(changing)
        if progress is not None:
            progress(places.stop)
    for start in range(0, len(staying), PAGE):
        page = staying[start : start + PAGE]
        tree = tx.members.upward(page, 0)
        let_stay(tx, tree, dict.fromkeys(page, expected.end), at=call.at)
    return evaluation


def _graced(tx: Transaction, last: Evaluation, now: Evaluation) -> dict[MemberId, Decision]:
    """Return who was given grace by the evaluation before, and no other tier by hand since."""
    graced: dict[MemberId, Decision] = {}
    decisions = iter(tx.tier_evaluations.in_grace(last.number))
    while page := {each.member: each for each in islice(decisions, PAGE)}:
        tree = tx.members.upward(page, 0)
        graced.update(
            (id, each) for id, each in page.items() if not left_since(tree[id], each.tier, last, now)
        )
    return graced


def left_since(member: Member, tier: str, last: Evaluation, now: Evaluation) -> bool:
    """Return whether somebody to whom an evaluation left a tier had another one at some time since."""
    since, until = last.period.end, now.period.end
    changed = (each.valid_from for each in member.changes if each.aspect is Aspect.TIER)
    moments = (since, *(each for each in changed if since < each <= until))
    return any(seat_of(member, valid_at=each, revision=now.tree_revision).tier != tier for each in moments)


def _change(
    tx: Transaction, evaluation: Evaluation, decisions: Sequence[Decision], revision: int
) -> list[MemberId]:
    """Write the tiers that decisions give, by the verb of the tree; return whose bindings may end later."""
    tree = tx.members.upward([each.member for each in decisions], 0)
    since = evaluation.period.end
    changes = []
    for place, each in enumerate(decisions, 1):
        change = referral.set_tier(
            tree,
            each.member,
            each.tier,
            valid_from=since,
            at=evaluation.evaluated_at,
            revision=revision + place,
        )
        changes.append(answered(change))
    tx.members.append_all(changes)
    return [each.member for each in changes if each.value and lasting(tree[each.member], after=since)]


def _next(
    policies: Sequence[TierPolicy],
    evaluations: Sequence[Evaluation],
    calendar: Calendar,
    label: str | None,
    at: Instant,
) -> tuple[TierPolicy, Period]:
    """Return what is evaluated next, and by which policy; the first period may be named."""
    if evaluations:
        start = evaluations[-1].period.end
        policy = _valid_at(policies, start)
        expected = following(start, policy.rhythm, calendar)
        if label not in {None, expected.label}:
            parse_period(label, calendar, "period", rhythm=policy.rhythm)  # out of order, if it is one at all
        return policy, expected
    policy = _valid_at(policies, at)
    if label is not None:
        expected = parse_period(label, calendar, "period", rhythm=policy.rhythm)
    else:
        expected = previous_period(period_of(at, policy.rhythm, calendar), policy.rhythm, calendar)
    policy = _valid_at(policies, expected.start)
    if period_of(expected.start, policy.rhythm, calendar) != expected:
        raise InputError.of("period", f"{expected.label} is no period", "its tier policy has another rhythm")
    return policy, expected


def _valid_at(policies: Sequence[TierPolicy], instant: Instant) -> TierPolicy:
    policy = tier_policy_at(policies, instant)
    if policy is None:
        raise RefusedError(no.NO_TIER_POLICY.refuse(instant=format_instant(instant)))
    return policy


@frozen
class _Everybody:
    """Who was a member when a period ended, in columns: one entry for each, in order of id."""

    ids: Sequence[MemberId]
    tiers: Sequence[str | None]
    """The tier that each holds at the end of the period; None is somebody terminated."""
    years: Sequence[int]
    own: Sequence[int]
    direct: Sequence[int]
    teams: Sequence[int]
    strongest: Sequence[int]
    recruits: Sequence[tuple[int, Sequence[int]]]
    credits: Mapping[MemberId, int]

    @classmethod
    def of(
        cls,
        tx: Transaction,
        policy: TierPolicy,
        period: Period,
        calendar: Calendar,
        revision: int,
        credits: Mapping[MemberId, int],  # noqa: A002 the word of the policy
    ) -> "_Everybody":
        """Gather who was a member, and add up what they bought."""
        ids, sponsors, tiers, years = _gathered(tx, period, calendar, revision)
        place_of = {member: place for place, member in enumerate(ids)}
        for member in sorted(credits):
            if member not in place_of:
                raise RefusedError(referral.refusals.MEMBER_UNKNOWN.refuse(member=member))
        forest = forest_of(ids, sponsors)
        own = [0] * len(ids)
        for buyer, amount in tx.sales.kept(policy.currency, period.start, period.end):
            if buyer in place_of:  # others belong to nobody's team
                own[place_of[buyer]] = amount
        teams = team_sums(forest, own)
        if max(teams, default=0) > limits.TOTAL_MINOR_MAX:
            raise InputError.of("sums", "they exceed what 64 bits can hold", "sales of so much can't be")
        bought = _by_persons(forest, own, persons_at(tx, ids, revision)) if policy.recruit_amounts else own
        recruits = [(each, recruits_with(forest, bought, each)) for each in policy.recruit_amounts]
        direct, strongest = direct_sums(forest, own), strongest_legs(forest, teams)
        return cls(ids, tiers, years, own, direct, teams, strongest, recruits, credits)

    def decided(
        self, policy: TierPolicy, places: range, graced: Mapping[MemberId, Decision], number: int
    ) -> Iterator[Decision]:
        """Yield what is decided about the members of a page, without the terminated ones."""
        for place in places:
            member, tier = self.ids[place], self.tiers[place]
            if tier is not None:
                standing = standing_of(tier, graced.get(member))
                yield decide(policy, member, self._measures(place), standing, number=number)

    def _measures(self, place: int) -> Measures:
        return Measures(
            self.own[place],
            self.direct[place],
            self.teams[place],
            self.strongest[place],
            tuple([(asked, counts[place]) for asked, counts in self.recruits]),
            self.years[place],
            self.credits.get(self.ids[place], 0),
        )


def _by_persons(forest: Downlines, own: Sequence[int], persons: Mapping[int, int]) -> Sequence[int]:
    """Return what each bought as a recruit: nobody recruits ids of his own, and ids of one person are one.

    What several ids of a person bought below one sponsor counts at the first of them.
    """
    bought = list(own)
    firsts: dict[tuple[int, int], int] = {}
    for place, person in persons.items():
        sponsor, amount, bought[place] = forest.sponsors[place], bought[place], 0
        if persons.get(sponsor) != person:
            bought[firsts.setdefault((sponsor, person), place)] += amount
    return bought


def _gathered(
    tx: Transaction, period: Period, calendar: Calendar, revision: int
) -> tuple[list[MemberId], list[MemberId | None], list[str | None], Sequence[int]]:
    """Return who was a member when a period ended: ids, sponsors, tiers, full years.

    The sponsor is that of the last instant of the period, the tier that of the first one after it: there
    the new one begins.
    """
    last, end = last_of(period), period.end
    end_date = end.astimezone(calendar.zone).date()
    ids: list[MemberId] = []
    sponsors: list[MemberId | None] = []
    tiers: list[str | None] = []
    years = array("q")
    for member in tx.members.all():
        if member.joined_at >= end:
            continue
        seat = seat_of(member, valid_at=end, revision=revision)
        ids.append(member.id)
        sponsors.append(sponsor_of(member, valid_at=last, revision=revision))
        tiers.append(None if seat.state is State.TERMINATED else seat.tier)
        years.append(full_years(member.joined_at.astimezone(calendar.zone).date(), end_date))
    return ids, sponsors, tiers, years
