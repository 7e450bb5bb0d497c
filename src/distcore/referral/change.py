"""Joining, moving, and changing tier or state: what the tree allows.

The rule this file protects: at every instant, past or to come, the members form a forest.
"""

from collections.abc import Iterable, Iterator, Mapping

from distcore.kernel import (
    Instant,
    MemberId,
    Problem,
    Refusal,
    format_instant,
    id_problem,
    limits,
    shown,
)
from distcore.referral import refusals
from distcore.referral.identity import EVERYBODY_ALONE, Persons, same_person_refusal
from distcore.referral.lifecycle import TRANSITIONS, State
from distcore.referral.member import (
    Aspect,
    BeyondTreeError,
    Change,
    EndlessUplineError,
    Member,
    Newcomer,
    Tree,
    with_change,
)
from distcore.referral.upline import Bound, above, last_sponsor, seat_of, sponsor_of


def newcomer_problems(newcomer: Newcomer) -> tuple[Problem, ...]:
    """Return what is malformed about a newcomer, before the tree is asked."""
    found = [
        id_problem(newcomer.id, "id"),
        None if newcomer.sponsor is None else id_problem(newcomer.sponsor, "sponsor"),
        tier_problem(newcomer.tier, "tier"),
        state_problem(newcomer.state, "state"),
    ]
    return tuple(problem for problem in found if problem is not None)


def tier_problem(value: object, where: str) -> Problem | None:
    """Return what keeps a value from being a tier, or None; an empty text is no tier."""
    return None if value == "" else id_problem(value, where)


def state_problem(value: object, where: str) -> Problem | None:
    """Return what keeps a value from being a state, or None."""
    if isinstance(value, State):
        return None
    allowed = ", ".join(state.value for state in State)
    return Problem(where, f"not a state: {shown(value)}", f"one of {allowed}")


def in_joining_order(newcomers: Iterable[Newcomer]) -> Iterator[Newcomer]:
    """Yield newcomers so that a sponsor among them comes before the members below.

    Among those who could come next the order given is kept.  Members of a cycle come last, in the
    order given: their sponsors are then unknown, and the tree refuses them one by one.
    """
    waiting: dict[MemberId, list[Newcomer]] = {}
    named = list(newcomers)
    own = {newcomer.id for newcomer in named}
    ready = []
    for newcomer in named:
        if newcomer.sponsor is None or newcomer.sponsor not in own:
            ready.append(newcomer)
        else:
            waiting.setdefault(newcomer.sponsor, []).append(newcomer)
    for newcomer in ready:  # grows while it is walked: everybody's downline follows, breadth first
        yield newcomer
        ready.extend(waiting.pop(newcomer.id, ()))
    for stuck in waiting.values():
        yield from stuck


def join(
    tree: Tree,
    newcomer: Newcomer,
    *,
    at: Instant,
    depths: dict[MemberId, int],
    members_below: Mapping[MemberId, int],
    persons: Persons = EVERYBODY_ALONE,
    revision: int = 0,
) -> Member | Refusal:
    """Return the new member, or why the tree says no.

    `tree` holds the sponsor and all above.  `depths` remembers, between calls, how deep members
    stand; `members_below` counts the direct members that a sponsor has; `persons` holds who both are at
    a revision.
    """
    if newcomer.joined_at > at:
        return refusals.JOINS_IN_FUTURE.refuse(
            member=newcomer.id, joined_at=_text(newcomer.joined_at), at=_text(at)
        )
    if newcomer.id in tree:
        return refusals.MEMBER_EXISTS.refuse(member=newcomer.id)
    if newcomer.sponsor is not None:
        refusal = _sponsor_refusal(tree, newcomer, depths, members_below.get(newcomer.sponsor, 0))
        refusal = refusal or same_person_refusal(persons, newcomer.id, newcomer.sponsor, revision)
        if refusal is not None:
            return refusal
    return Member(
        id=newcomer.id,
        joined_at=newcomer.joined_at,
        recorded_at=at,
        sponsor=newcomer.sponsor,
        tier=newcomer.tier,
        state=newcomer.state,
    )


def move(
    tree: Tree,
    member: MemberId,
    sponsor: MemberId | None,
    *,
    valid_from: Instant,
    at: Instant,
    revision: int,
    members_below: int = 0,
    persons: Persons = EVERYBODY_ALONE,
) -> Change | Refusal:
    """Return the change that places a member under a sponsor (None: makes it a root).

    `tree` holds both and whoever ever stood above them: it must stay a forest then, and whenever one of
    these is moved later on.  `members_below` counts the members whom the sponsor ever had directly below,
    and `persons` holds who both are.
    """
    moving = tree.get(member)
    if moving is None:
        return refusals.MEMBER_UNKNOWN.refuse(member=member)
    if sponsor_of(moving, valid_at=valid_from, revision=revision) == sponsor:
        return refusals.NOTHING_CHANGES.refuse(member=member, aspect="sponsor", value=sponsor or "")
    if sponsor is not None:
        wanted = tree.get(sponsor)
        if wanted is None:
            return refusals.SPONSOR_UNKNOWN.refuse(member=member, sponsor=sponsor)
        if wanted.joined_at > moving.joined_at:
            return _joined_later(wanted, moving.id, moving.joined_at)
        crowded = _crowded(tree, moving.id, wanted, {}, members_below)
        if crowded is not None:
            return crowded
    early = too_early(moving, valid_from)
    if early is not None:
        return early
    change = Change(member, Aspect.SPONSOR, sponsor, valid_from, at, revision)
    moved = with_change(moving, change)
    for instant in (valid_from, *_later_moves(tree, moved, valid_from)):
        cycle = _cycle_through(tree, moved, instant, revision)
        if cycle:
            return refusals.WOULD_FORM_CYCLE.refuse(
                member=member, sponsor=sponsor or "", cycle=_shortened(cycle), valid_at=_text(instant)
            )
    refusal = None if sponsor is None else same_person_refusal(persons, member, sponsor, revision)
    return refusal or change


def stay(tree: Tree, member: MemberId, place: Bound, *, at: Instant, revision: int) -> Change | None:
    """Return the change that tells a place of a member once more, so that no binding ends it.

    None where the tree would not be a forest then: the sponsor is to stand below the member after that end.
    `tree` holds the member and whoever ever stood above.
    """
    change = Change(member, Aspect.SPONSOR, place.sponsor, place.since, at, revision)
    staying = with_change(tree[member], change)
    moments = _later_moves(tree, staying, place.since)
    return None if any(_cycle_through(tree, staying, each, revision) for each in moments) else change


def set_tier(
    tree: Tree, member: MemberId, tier: str, *, valid_from: Instant, at: Instant, revision: int
) -> Change | Refusal:
    """Return the change that gives a member a tier; an empty one takes it away."""
    changing = tree.get(member)
    if changing is None:
        return refusals.MEMBER_UNKNOWN.refuse(member=member)
    if seat_of(changing, valid_at=valid_from, revision=revision).tier == tier:
        return refusals.NOTHING_CHANGES.refuse(member=member, aspect="tier", value=tier)
    early = too_early(changing, valid_from)
    return early or Change(member, Aspect.TIER, tier, valid_from, at, revision)


def set_state(
    tree: Tree, member: MemberId, state: State, *, valid_from: Instant, at: Instant, revision: int
) -> Change | Refusal:
    """Return the change of state, where `TRANSITIONS` allows it and none holds from later on."""
    changing = tree.get(member)
    if changing is None:
        return refusals.MEMBER_UNKNOWN.refuse(member=member)
    early = too_early(changing, valid_from)
    if early is not None:
        return early
    for change in changing.changes:
        if change.aspect is Aspect.STATE and change.valid_from > valid_from:
            return refusals.STATE_CHANGED_LATER.refuse(
                member=member,
                state=change.value,
                changed_at=_text(change.valid_from),
                valid_from=_text(valid_from),
            )
    now = seat_of(changing, valid_at=valid_from, revision=revision).state
    if state not in TRANSITIONS[now]:
        allowed = ", ".join(sorted(each.value for each in TRANSITIONS[now])) or "nothing"
        return refusals.STATE_NOT_REACHABLE.refuse(
            member=member, state=now.value, wanted=state.value, allowed=allowed
        )
    return Change(member, Aspect.STATE, state.value, valid_from, at, revision)


def too_early(member: Member, valid_from: Instant) -> Refusal | None:
    """Refuse what would hold before the member joined."""
    if valid_from >= member.joined_at:
        return None
    return refusals.BEFORE_JOINING.refuse(
        member=member.id, joined_at=_text(member.joined_at), valid_from=_text(valid_from)
    )


def _sponsor_refusal(
    tree: Tree, newcomer: Newcomer, depths: dict[MemberId, int], members_below: int
) -> Refusal | None:
    assert newcomer.sponsor is not None
    sponsor = tree.get(newcomer.sponsor)
    if sponsor is None:
        return refusals.SPONSOR_UNKNOWN.refuse(member=newcomer.id, sponsor=newcomer.sponsor)
    if sponsor.joined_at > newcomer.joined_at:
        return _joined_later(sponsor, newcomer.id, newcomer.joined_at)
    return _crowded(tree, newcomer.id, sponsor, depths, members_below)


def _crowded(
    tree: Tree, member: MemberId, sponsor: Member, depths: dict[MemberId, int], members_below: int
) -> Refusal | None:
    """Refuse a place that is too deep, or below somebody who has too many already."""
    depth = _depth(tree, sponsor.id, depths) + 1
    if depth > limits.UPLINE_DEPTH_MAX:
        return refusals.UPLINE_TOO_DEEP.refuse(member=member, depth=depth, depth_max=limits.UPLINE_DEPTH_MAX)
    if members_below >= limits.FAN_OUT_MAX:
        return refusals.FAN_OUT_TOO_WIDE.refuse(
            sponsor=sponsor.id, members=members_below + 1, fan_out_max=limits.FAN_OUT_MAX
        )
    return None


def _depth(tree: Tree, member: MemberId, depths: dict[MemberId, int]) -> int:
    """Count the levels above a member as the tree stands at its last change; a root has none."""
    path: dict[MemberId, None] = {}
    at: MemberId | None = member
    while at is not None and at not in depths:
        if at in path:
            raise EndlessUplineError(at)
        path[at] = None
        known = tree.get(at)
        if known is None:
            raise BeyondTreeError(at)
        at = last_sponsor(known)
    depth = -1 if at is None else depths[at]
    for passed in reversed(path):
        depth += 1
        depths[passed] = depth
    return depths[member]


def _later_moves(tree: Tree, moved: Member, since: Instant) -> list[Instant]:
    """Return the later instants at which a moved member, or whoever ever stands above, is moved."""
    moments: set[Instant] = set()
    ever = {moved.id: moved}
    ready = [moved]
    for member in ready:  # grows while it is walked: whoever ever sponsored one of them follows
        changes = [each for each in member.changes if each.aspect is Aspect.SPONSOR]
        moments.update(each.valid_from for each in changes if each.valid_from > since)
        for sponsor in (member.sponsor, *(each.value for each in changes)):
            if sponsor is not None and sponsor not in ever:
                ever[MemberId(sponsor)] = tree[MemberId(sponsor)]
                ready.append(ever[MemberId(sponsor)])
    return sorted(moments)


def _cycle_through(tree: Tree, moved: Member, at: Instant, revision: int) -> list[MemberId]:
    """Return the way up from a moved member back to itself, or nothing; `tree` is that of before."""
    sponsor = sponsor_of(moved, valid_at=at, revision=revision)
    if sponsor is None:
        return []
    path = [moved.id, sponsor]
    if sponsor == moved.id:
        return path
    for each in above(tree, sponsor, valid_at=at, revision=revision):
        path.append(each.id)
        if each.id == moved.id:
            return path
    return []


def _shortened(path: list[MemberId]) -> str:
    shown = [*path[:3], "…", *path[-2:]] if len(path) > 6 else path
    return " < ".join(shown)


def _joined_later(sponsor: Member, member: MemberId, joined_at: Instant) -> Refusal:
    return refusals.SPONSOR_JOINED_LATER.refuse(
        sponsor=sponsor.id,
        sponsor_joined_at=_text(sponsor.joined_at),
        member=member,
        member_joined_at=_text(joined_at),
    )


def _text(instant: Instant) -> str:
    return format_instant(instant)
