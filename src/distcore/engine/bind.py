"""A promoter touches a customer: look who that is, decide under the tree lock, move, and write it down.

The one rule this file protects: of two touches of a customer at once, the second one is decided by what the
first one did; and whatever becomes of a touch, it is written down with its reason.
"""

from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from distcore.engine.accrue import policy_of
from distcore.engine.join import join_each
from distcore.engine.once import Call, called, check, done_before, remember
from distcore.engine.placement import decide_move, let_stay
from distcore.kernel import (
    Instant,
    Key,
    MemberId,
    Problem,
    Refusal,
    RefusedError,
    ShopPolicy,
    canonical_code,
    code_problem,
    format_instant,
    id_problem,
    secret_hash,
    text_problem,
)
from distcore.ports import Transaction
from distcore.referral import (
    ApplicationState,
    Aspect,
    Change,
    CodeKind,
    Customer,
    Member,
    Newcomer,
    Outcome,
    Result,
    Touch,
    Via,
    Why,
    binding_end,
    bound_at,
    decide_binding,
    is_let_go,
    persons_of,
    promoter_outcome,
    seat_of,
    stands_for,
    token_problem,
)
from distcore.referral import refusals as no


def bind(
    tx: Transaction,
    customer: MemberId,
    promoter: MemberId,
    *,
    at: Instant,
    actor: str,
    key: str,
    channel: str = "",
) -> Touch:
    """Bind a customer to a promoter, as far as the shop's policy lets it, and return what became of it.

    A customer who never joined joins as a plain member; another one is moved.
    """
    check(_customer_problem(customer), id_problem(promoter, "promoter"), text_problem(channel, "channel"))
    call = called(at=at, actor=actor, key=key)
    return _touch(tx, call, _Claim(customer, Via.CALL, promoter, channel))


def touch_by_code(
    tx: Transaction,
    customer: MemberId,
    code: str,
    *,
    at: Instant,
    actor: str,
    key: str,
    channel: str = "",
) -> Touch:
    """Bind a customer to whom a short code stands for; invalid codes are not told apart."""
    check(_customer_problem(customer), text_problem(channel, "channel"))
    call = called(at=at, actor=actor, key=key)
    ref = "" if code_problem(code, "code") else canonical_code(code)
    return _touch(tx, call, _Claim(customer, Via.CODE, ref, channel))


def touch_by_link(
    tx: Transaction,
    customer: MemberId,
    token: str,
    *,
    at: Instant,
    actor: str,
    key: str,
    channel: str = "",
) -> Touch:
    """Bind a customer to whom the token of a link stands for; which token it was is written down nowhere."""
    check(_customer_problem(customer), text_problem(channel, "channel"))
    call = called(at=at, actor=actor, key=key)
    ref = "" if token_problem(token, "token") else secret_hash(token)
    return _touch(tx, call, _Claim(customer, Via.LINK, ref, channel))


_OF_TREE: Final = frozenset(
    code.name
    for code in (no.SPONSOR_JOINED_LATER, no.WOULD_FORM_CYCLE, no.UPLINE_TOO_DEEP, no.FAN_OUT_TOO_WIDE)
)
"""What the tree may say about a touch; it becomes the reason of its outcome."""


@frozen
class _Claim:
    """What a touch says: of whom, and by an id, a code or the hash of a token, who promotes."""

    customer: MemberId
    via: Via
    ref: str
    channel: str


@frozen
class _Decided:
    """What becomes of a touch, and what it writes: a newcomer, or moves of a member."""

    outcome: Outcome
    newcomer: Newcomer | None = None
    moves: Sequence[Change] = ()
    promoter: Member | None = None
    """Whom the moves place the member below."""


def _customer_problem(customer: object) -> Problem | None:
    return id_problem(customer, "customer")


def _touch(tx: Transaction, call: Call, claim: _Claim) -> Touch:
    revision = tx.members.lock()
    inputs = (claim.customer, claim.via, claim.ref, claim.channel)
    command = done_before(tx, call, "touch", inputs)
    if command is not None:
        return tx.touches.of_customer(claim.customer)[int(command.answer) - 1]
    last = tx.touches.last(claim.customer)
    if last is not None and last.touched_at > call.at:
        raise RefusedError(_later(last, call.at))
    promoter = _promoter_of(tx, claim, call.at)
    decided = _decide(tx, call, claim.customer, promoter, policy_of(tx), revision)
    by_code = promoter is not None and claim.via is not Via.CALL
    touch = Touch(
        claim.customer,
        1 if last is None else last.number + 1,
        promoter,
        claim.via,
        claim.channel,
        call.at,
        call.actor,
        _written(tx, call, decided),
        claim.ref if by_code else "",
    )
    tx.touches.add(touch)
    remember(tx, call, "touch", inputs, str(touch.number), about=[claim.customer])
    return touch


def _promoter_of(tx: Transaction, claim: _Claim, at: Instant) -> MemberId | None:
    """Return who is named, or whom a code stands for, if it does."""
    if claim.via is Via.CALL:
        return MemberId(claim.ref)
    kind = CodeKind.SHORT if claim.via is Via.CODE else CodeKind.LINK
    return stands_for(tx.promotion_codes.find(kind, claim.ref), claim.ref, at)


def _decide(
    tx: Transaction,
    call: Call,
    customer: MemberId,
    promoter: MemberId | None,
    policy: ShopPolicy,
    revision: int,
) -> _Decided:
    """Return what becomes of a touch: what the promoter is, then what the policy says, then the tree."""
    if promoter is None:
        return _Decided(Outcome(Result.REFUSED, Why.CODE_NOT_VALID))
    tree = tx.members.upward([customer, promoter], 0)
    persons = persons_of(tx.identities.history([customer, promoter]))
    known = tree.get(promoter)
    unfit = promoter_outcome(known, customer, persons, at=call.at, revision=revision)
    if unfit is not None:
        return _Decided(unfit)
    member = tree.get(customer)
    outcome = decide_binding(
        policy.binding,
        _customer(tx, customer, member, call.at, revision),
        promoter,
        at=call.at,
        zone=policy.day_zone,
    )
    if outcome.result is not Result.BOUND:
        return _Decided(outcome)
    if member is None:
        return _Decided(outcome, newcomer=Newcomer(customer, call.at, promoter))
    moved = decide_move(tx, customer, promoter, valid_from=call.at, at=call.at, revision=revision + 1)
    if isinstance(moved, Refusal):
        return _Decided(_refused(moved))
    until = outcome.until
    if until is None or not is_let_go(member, at=call.at, until=until, revision=revision):
        return _Decided(evolve(outcome, until=None), moves=(moved,), promoter=known)
    return _Decided(outcome, moves=(moved, _end(customer, until, call, revision + 2)), promoter=known)


def _customer(
    tx: Transaction, customer: MemberId, member: Member | None, at: Instant, revision: int
) -> Customer:
    """Gather what is known of a customer; refused for one who joined later.

    An order counts once it is committed.  Nobody waits for one that is being accrued: paid before the touch,
    it has the upline of that time, as if it were accrued after it.
    """
    has_orders = bool(tx.sales.bought([customer]))
    if member is None:
        return Customer(customer, has_orders=has_orders)
    if member.joined_at > at:
        raise RefusedError(
            no.BEFORE_JOINING.refuse(
                member=customer, joined_at=format_instant(member.joined_at), valid_from=format_instant(at)
            )
        )
    seat = seat_of(member, valid_at=at, revision=revision)
    approved = (each.state is ApplicationState.APPROVED for each in tx.applications.of_applicant(customer))
    distributes = bool(seat.tier) or bool(tx.members.fan_out([customer])) or any(approved)
    bound = bound_at(member, valid_at=at, revision=revision)
    ends = binding_end(member, valid_at=at, revision=revision)
    return Customer(customer, bound, ends, seat.state, has_orders, distributes)


def _written(tx: Transaction, call: Call, decided: _Decided) -> Outcome:
    """Write what a touch does to the tree; return what became of it, which the tree may refuse."""
    if decided.newcomer is not None:
        return _joined(tx, call, decided.newcomer, decided.outcome)
    if decided.promoter is not None:
        tx.members.append_all(decided.moves)
        promoter = decided.promoter
        let_stay(tx, {promoter.id: promoter}, {promoter.id: call.at}, at=call.at)
    return decided.outcome


def _joined(tx: Transaction, call: Call, newcomer: Newcomer, outcome: Outcome) -> Outcome:
    """Let a customer join as a plain member, and leave when the binding ends, if it does."""
    joining = Call(call.at, call.actor, Key(f"{call.key}/{newcomer.id}"))
    report = join_each(tx, joining, [newcomer])
    if report.refused:
        return _refused(report.refused[0].refusal)
    if outcome.until is not None:
        tx.members.append(_end(newcomer.id, outcome.until, call, tx.members.revision() + 1))
    return outcome


def _end(customer: MemberId, until: Instant, call: Call, revision: int) -> Change:
    """Return the change by which a binding ends."""
    return Change(customer, Aspect.ENDS, None, until, call.at, revision)


def _refused(refusal: Refusal) -> Outcome:
    """Return that the tree does not let a customer be bound; what else is refused refuses the touch."""
    if refusal.code not in _OF_TREE:
        raise RefusedError(refusal)
    return Outcome(Result.REFUSED, Why(refusal.code))


def _later(last: Touch, at: Instant) -> Refusal:
    return no.TOUCHED_LATER.refuse(
        customer=last.customer, touched_at=format_instant(last.touched_at), at=format_instant(at)
    )
