"""Members come, move, rise and are suspended: the tree's four verbs.

Joining needs no lock: nobody can stand above somebody who is not there yet.  Only where bindings end does
it take one, since whoever sponsors somebody is let go by none.  Everything else changes what was, so it
takes the shop's tree lock first and decides under it.
"""

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Sequence

from attrs import evolve

from distcore import referral
from distcore.engine.once import (
    Call,
    answered,
    called,
    check,
    decide_each,
    done_before,
    only,
    remember,
    remember_all,
    sort_out,
)
from distcore.engine.placement import decide_move, let_stay, lock_for_bindings
from distcore.kernel import Instant, MemberId, Problem, Refusal, Report, id_problem, utc
from distcore.ports import Transaction
from distcore.referral import (
    Change,
    Member,
    Newcomer,
    State,
    in_joining_order,
    lasting,
    newcomer_problems,
    persons_of,
    state_problem,
    tier_problem,
)


def join(tx: Transaction, newcomer: Newcomer, *, at: Instant, actor: str, key: str) -> Member:
    """Let somebody join, below a sponsor who joined no later, or as a root."""
    report = join_each(tx, called(at=at, actor=actor, key=key), [newcomer])
    return only(report, lambda: evolve(tx.members.upward([newcomer.id], 0)[newcomer.id], changes=()))


def join_all(
    tx: Transaction, newcomers: Sequence[Newcomer], *, at: Instant, actor: str, key: str = "join"
) -> Report[Member]:
    """Let many join, in whatever order they stand: a sponsor may come after the members below."""
    return join_each(tx, called(at=at, actor=actor, key=key, of_batch=True), newcomers)


def move(
    tx: Transaction,
    member: MemberId,
    sponsor: MemberId | None,
    *,
    at: Instant,
    actor: str,
    key: str,
    valid_from: Instant | None = None,
) -> Change:
    """Place a member, and everybody below, under another sponsor, from `at` or `valid_from` on.

    No sponsor makes it a root.  Sales that were accrued before are not touched.  Refused with the
    cycle where it would form one.
    """
    call = called(at=at, actor=actor, key=key)
    since = None if valid_from is None else utc(valid_from, "valid_from")
    check(id_problem(member, "member"), None if sponsor is None else id_problem(sponsor, "sponsor"))

    def decide(revision: int) -> Change | Refusal:
        return decide_move(tx, member, sponsor, valid_from=since or call.at, at=call.at, revision=revision)

    staying = [] if sponsor is None else [sponsor]
    return change_member(tx, call, "move", member, (member, sponsor, since), decide, staying)


def set_tier(
    tx: Transaction,
    member: MemberId,
    tier: str,
    *,
    at: Instant,
    actor: str,
    key: str,
    valid_from: Instant | None = None,
) -> Change:
    """Give a member a tier from `at` or `valid_from` on; an empty one takes it away."""
    call = called(at=at, actor=actor, key=key)
    problem, staying = tier_problem(tier, "tier"), [member] if tier else []
    return change_aspect(tx, call, "set_tier", member, tier, valid_from, problem, referral.set_tier, staying)


def set_state(
    tx: Transaction,
    member: MemberId,
    state: State,
    *,
    at: Instant,
    actor: str,
    key: str,
    valid_from: Instant | None = None,
) -> Change:
    """Suspend a member, take one back, or terminate one, from `at` or `valid_from` on."""
    call = called(at=at, actor=actor, key=key)
    return change_aspect(
        tx, call, "set_state", member, state, valid_from, state_problem(state, "state"), referral.set_state
    )


def join_each(tx: Transaction, call: Call, newcomers: Sequence[Newcomer]) -> Report[Member]:
    """Let whoever can join do so, sponsors before the members below, and report of the others."""
    items = sort_out(tx, call, "join", newcomers, kind=Newcomer, id_of=_id_of, problems_of=newcomer_problems)
    if not items.fresh:
        return items.nothing_new()
    by_item = {one.item: one for one in items.fresh}
    sponsors = {one.item.sponsor for one in items.fresh if one.item.sponsor is not None}
    if sponsors:
        lock_for_bindings(tx)
    joined: dict[MemberId, Member] = {}
    tree = ChainMap(joined, tx.members.upward({one.item.id for one in items.fresh} | sponsors, None))
    first = min(one.item.joined_at for one in items.fresh)
    if any(lasting(tree[each], after=first) for each in sponsors if each in tree):
        tx.members.lock()  # before members are written, as everywhere
    below = tx.members.fan_out(sponsors)
    persons = persons_of(tx.identities.history({one.item.id for one in items.fresh} | sponsors))
    revision = tx.members.revision() if persons else 0
    depths: dict[MemberId, int] = {}

    def decide(newcomer: Newcomer) -> Member | Refusal | None:
        if newcomer.id in tree and joined_as(tree[newcomer.id]) == newcomer:
            return None
        answer = referral.join(
            tree,
            newcomer,
            at=call.at,
            depths=depths,
            members_below=below,
            persons=persons,
            revision=revision,
        )
        if isinstance(answer, Member):
            joined[answer.id] = answer
            if answer.sponsor is not None:
                below[answer.sponsor] = below.get(answer.sponsor, 0) + 1
        return answer

    in_order = [by_item[newcomer] for newcomer in in_joining_order(one.item for one in items.fresh)]
    decided = decide_each(items, in_order, "join", _id_of, decide)
    if decided.done:
        tx.members.add(decided.answers)
        let_stay(tx, tree, _sponsors_since(decided.answers), at=call.at)
    remember_all(tx, call, "join", decided, _id_of)
    return decided.report(decided.answers)


def _sponsors_since(members: Iterable[Member]) -> dict[MemberId, Instant]:
    """Return who sponsors these members, and since when the first of them."""
    since: dict[MemberId, Instant] = {}
    for each in members:
        if each.sponsor is not None:
            since[each.sponsor] = min(since.get(each.sponsor, each.joined_at), each.joined_at)
    return since


def _id_of(newcomer: Newcomer) -> str:
    return newcomer.id


def joined_as(member: Member) -> Newcomer:
    """Return a member as the newcomer who once joined."""
    return Newcomer(member.id, member.joined_at, member.sponsor, member.tier, member.state)


def change_aspect(
    tx: Transaction,
    call: Call,
    verb: str,
    member: MemberId,
    value: str | State,
    valid_from: Instant | None,
    problem: Problem | None,
    decided_by: Callable[..., Change | Refusal],
    staying: Collection[MemberId] = (),
) -> Change:
    """Change something about one member, wherever it stands, from then or `valid_from` on."""
    since = None if valid_from is None else utc(valid_from, "valid_from")
    check(id_problem(member, "member"), problem)

    def decide(revision: int) -> Change | Refusal:
        tree = tx.members.upward([member], 0)
        return decided_by(tree, member, value, valid_from=since or call.at, at=call.at, revision=revision)

    return change_member(tx, call, verb, member, (member, value, since), decide, staying)


def change_member(
    tx: Transaction,
    call: Call,
    verb: str,
    member: MemberId,
    inputs: tuple[object, ...],
    decide: Callable[[int], Change | Refusal],
    staying: Collection[MemberId] = (),
) -> Change:
    """Take the tree lock, then look whether it was done before, decide, and write.

    Whoever is `staying` distributes from then on, and no binding ends that.
    """
    revision = tx.members.lock()
    command = done_before(tx, call, verb, inputs)
    if command is not None:
        changes = tx.members.upward([member], 0)[member].changes
        return next(change for change in changes if change.revision == int(command.answer))
    change = answered(decide(revision + 1))
    tx.members.append(change)
    if staying:
        since = dict.fromkeys(staying, change.valid_from)
        let_stay(tx, tx.members.upward(staying, 0), since, at=call.at)
    remember(tx, call, verb, inputs, str(change.revision), about=[member])
    return change
