"""Who a component pays: the seats above the buyer, the buyer, or the promoter.

The rule this file protects: whoever does not qualify is answered as the plan says, and every seat
that gets nothing is named with its reason.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, assert_never

from attrs import field, frozen

from distcore.commission.past import NOBODY_EARNED, NOTHING_BEFORE, Past
from distcore.commission.plan import (
    AfterRefund,
    Climbing,
    Component,
    Custom,
    Differential,
    FirstLevel,
    FirstOrder,
    PromoterShare,
    Region,
    SelfPurchase,
    Unqualified,
    Upline,
)
from distcore.kernel import CapId, MemberId, limits

if TYPE_CHECKING:
    from distcore.commission.ascent import Ascent


class Standing(Enum):
    """What commission needs to know of a member's state."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    GONE = "gone"


@frozen
class Seat:
    """A member above the buyer, with tier and standing as of the payment."""

    member: MemberId
    tier: str
    standing: Standing


@frozen
class Lineage:
    """Who can earn from a sale, and what its buyer had bought before.

    `sponsors` are the seats above the buyer, `promoted` the promoter of this order and the seats
    above, nearest first; both may be walked more than once and lazily.  `own` is the buyer's seat,
    None for a buyer who is no member.  `same_person` are the other ids under which the buyer is known.
    `granted` is what the sale may pay under each cap for a member, None where nobody was paid before.
    `earned` is what the plan had paid members before, as far as it asks; who is not named has earned nothing.
    `ascent` finds those of `sponsors` who matter, where that is known.
    `self_promoter` is who promoted the order and is its buyer, under this id or another: such a promoter
    promotes nothing, and `promoted` is empty.
    `was_gone` says that it is no first order any more, since there was a time when nothing was left of it.
    `agents` are those of the order's region and of all that it lies in, each with the level of the region:
    by level, and on one level by id; they are walked as lazily.
    """

    buyer: MemberId
    own: Seat | None
    sponsors: Iterable[Seat] = ()
    promoted: Iterable[Seat] = ()
    past: Past = NOTHING_BEFORE
    same_person: frozenset[MemberId] = frozenset()
    agents: Iterable[tuple[int, Seat]] = ()
    granted: Mapping[tuple[CapId, MemberId], int] | None = None
    earned: Mapping[MemberId, int] = NOBODY_EARNED
    self_promoter: Seat | None = None
    was_gone: bool = False
    ascent: "Ascent | None" = field(default=None, eq=False, repr=False)


class Reason(Enum):
    """Why a seat or a level got nothing."""

    SUSPENDED = "suspended"
    TIER_NOT_QUALIFIED = "tier_not_qualified"
    TERMINATED = "terminated"
    IS_BUYER = "is_buyer"
    SAME_PERSON = "same_person"
    CHAIN_ENDED = "chain_ended"
    NOBODY_QUALIFIES_ABOVE = "nobody_qualifies_above"
    NOBODY_AT_LEVEL = "nobody_at_level"
    TOO_FAR = "too_far"
    OTHER_LINE = "other_line"
    BUYER_IS_NO_MEMBER = "buyer_is_no_member"
    BUYER_NOT_PAID = "buyer_not_paid"
    NOBODY_PROMOTED = "nobody_promoted"
    SELF_PROMOTED = "self_promoted"
    NO_AGENT = "no_agent"
    NOT_THE_FIRST_ORDER = "not_the_first_order"
    FIRST_ORDER_GONE = "first_order_gone"
    NO_RULE = "no_rule"
    NO_DIFFERENCE = "no_difference"
    PAID_ALREADY = "paid_already"
    RULE_PAYS_ZERO = "rule_pays_zero"
    GIVES_NO_MONEY = "gives_no_money"
    ROUNDS_TO_ZERO = "rounds_to_zero"
    CAPPED_TO_ZERO = "capped_to_zero"
    SHRUNK_TO_ZERO = "shrunk_to_zero"
    NOTHING_LEFT = "nothing_left"
    NOT_IN_PLAN = "not_in_plan"
    OTHER_RULE = "other_rule"


@frozen
class Claim:
    """A level of a component: whose it is by position, and who is paid for it.

    Level 0 is below every level: the buyer of an own purchase, the promoter of an order.  Agents of a
    region have the level of their region, so that several may have the same.
    """

    level: int
    seat: Seat
    payee: MemberId


@frozen
class Passed:
    """A seat that gets nothing for a level (0: none was used up), and why; no seat: nobody is there."""

    level: int
    reason: Reason
    seat: Seat | None = None


@frozen
class Walk:
    """What a walk found: claims from the buyer upwards, and who was passed."""

    claims: tuple[Claim, ...]
    passed: tuple[Passed, ...]


def walk(component: Component, lineage: Lineage) -> Walk:
    """Say who may be paid by a component, from the buyer upwards, and who may not."""
    match component:
        case Upline() | Differential():
            return _climb(component, lineage)
        case SelfPurchase():
            return _alone(lineage.own, Reason.BUYER_IS_NO_MEMBER)
        case PromoterShare():
            return _promoter(lineage)
        case Region():
            return _of_region(component, lineage)
        case Custom():
            return _whoever_is_there(component, lineage)
        case FirstOrder():
            if _is_first(component, lineage.past):
                return _climb(component, lineage)
            return Walk((), (Passed(0, Reason.NOT_THE_FIRST_ORDER),))
        case _:
            assert_never(component)


def _alone(seat: Seat | None, nobody: Reason) -> Walk:
    if seat is None:
        return Walk((), (Passed(0, nobody),))
    reason = _standing_reason(seat)
    if reason is not None:
        return Walk((), (Passed(0, reason, seat),))
    return Walk((Claim(0, seat, seat.member),), ())


def _promoter(lineage: Lineage) -> Walk:
    if lineage.self_promoter is not None:
        return Walk((), (Passed(0, Reason.SELF_PROMOTED, lineage.self_promoter),))
    return _alone(next(iter(lineage.promoted), None), Reason.NOBODY_PROMOTED)


def _whoever_is_there(component: Custom, lineage: Lineage) -> Walk:
    """Say who is there: the buyer, the promoter and who stands above, each if active."""
    above = _climb(component, lineage)
    near = [seat for seat in (lineage.own, next(iter(lineage.promoted), None)) if seat is not None]
    alone = [_alone(seat, Reason.NOBODY_PROMOTED) for seat in near]
    claims = [claim for found in alone for claim in found.claims]
    passed = [passed for found in alone for passed in found.passed]
    return Walk((*claims, *above.claims), (*passed, *above.passed))


def _of_region(component: Region, lineage: Lineage) -> Walk:
    """Say which agents may be paid; where one does not qualify, the others of the level remain."""
    claims: list[Claim] = []
    passed: list[Passed] = []
    met: set[int] = set()
    for level, seat in lineage.agents:
        met.add(level)
        reason = _person_reason(lineage, seat) or _standing_reason(seat)
        if reason is None:
            claims.append(Claim(level, seat, seat.member))
        else:
            passed.append(Passed(level, reason, seat))
    asked = component.levels or (() if met else (0,))
    passed.extend(Passed(level, Reason.NO_AGENT) for level in asked if level not in met)
    return Walk(tuple(claims), tuple(passed))


def _is_first(component: FirstOrder, past: Past) -> bool:
    match component.after_refund:
        case AfterRefund.LOST:
            return past.orders == 0
        case AfterRefund.NEXT_ORDER:
            return past.first_is_free
        case _:
            assert_never(component.after_refund)


def _climb(component: Climbing | Custom, lineage: Lineage) -> Walk:
    """Walk up as far as the component pays, and say who holds each level.

    Terminated members, and the buyer where the plan does not say otherwise, under this id or another, are
    passed over without using up a level, whatever the plan answers for those who do not qualify.
    """
    level_max = level_max_of(component)
    claims: list[Claim] = []
    passed: list[Passed] = []
    rolling: list[tuple[int, Seat]] = []
    level, ended = 1, False
    own = lineage.own if component.buyer_is_level_1 else None
    for seat in line_of(component, lineage):
        if ended or (level > level_max and not rolling):
            break
        # The own seat, if it counts, comes first; the person comes once, under whatever id.
        reason = _person_reason(lineage, seat) if own is None else None
        reason, own = reason or unqualified_reason(component.qualified_tiers, seat), None
        if reason is None:
            while rolling:
                claims.append(Claim(*rolling.pop(0), seat.member))
            if level <= level_max:
                claims.append(Claim(level, seat, seat.member))
                level += 1
        elif reason in _NEVER_COUNTS or component.unqualified is Unqualified.SKIPPED:
            passed.append(Passed(0, reason, seat))
        elif level <= level_max:
            passed.append(Passed(level, reason, seat))
            if component.unqualified is Unqualified.ROLLS_UP:
                rolling.append((level, seat))
            ended = component.unqualified is Unqualified.ENDS_CHAIN
            level += 1
        else:
            passed.append(Passed(0, reason, seat))
    passed.extend(Passed(rolled, Reason.NOBODY_QUALIFIES_ABOVE) for rolled, _ in rolling)
    if level <= level_max and (ended or component.level_max is not None):
        passed.append(Passed(level, Reason.CHAIN_ENDED if ended else Reason.NOBODY_AT_LEVEL))
    return Walk(tuple(claims), tuple(passed))


_ACTIVE = Standing.ACTIVE
_NEVER_COUNTS = frozenset({Reason.IS_BUYER, Reason.SAME_PERSON, Reason.TERMINATED})


def level_max_of(component: Climbing | Custom) -> int:
    """Return the highest level that a component looks at, the highest that there is where it names none."""
    highest = component.level_max
    return limits.UPLINE_DEPTH_MAX if highest is None else highest


def asks_buyer(component: Component) -> bool:
    """Say whether a component may pay the buyer of an order, who must be a member for it."""
    match component:
        case SelfPurchase() | Custom():
            return True
        case PromoterShare() | FirstOrder() | Region():
            return False
        case Upline() | Differential():
            return component.buyer_is_level_1
        case _:
            assert_never(component)


def tiers_of_holders(component: Component) -> Sequence[str]:
    """Return the tiers of those whose rules may pay, none where they may have any.

    That is of whoever holds a level: what rolls up is paid by the tier of somebody who does not qualify.
    """
    if not isinstance(component, Upline | Differential) or component.unqualified is Unqualified.ROLLS_UP:
        return ()
    return component.qualified_tiers


def line_of(component: Climbing | Custom, lineage: Lineage) -> Iterator[Seat]:
    """Return the seats to meet: the buyer's own, if it counts, then the line above.

    A buyer who is nobody's downline has no line but a promoter's.
    """
    own = lineage.own if component.buyer_is_level_1 else None
    first, second = lineage.sponsors, lineage.promoted
    if component.level_1 is FirstLevel.PROMOTER:
        first, second = second, first
    line = iter(first)
    nearest = next(line, None)
    if nearest is None:
        return iter(second) if own is None else chain((own,), second)
    return chain((nearest,), line) if own is None else chain((own, nearest), line)


def _person_reason(lineage: Lineage, seat: Seat) -> Reason | None:
    if seat.member == lineage.buyer:
        return Reason.IS_BUYER
    return Reason.SAME_PERSON if seat.member in lineage.same_person else None


def is_qualified(qualified_tiers: Collection[str], tier: str) -> bool:
    """Say whether a tier is one of those that qualify; where none are named, every one is."""
    return not qualified_tiers or tier in qualified_tiers


def unqualified_reason(qualified_tiers: Sequence[str], seat: Seat) -> Reason | None:
    """Return why a seat does not qualify where these tiers do, or any if none is named; None if it does."""
    if seat.standing is not _ACTIVE:
        return _standing_reason(seat)
    if qualified_tiers and seat.tier not in qualified_tiers:  # asked of every seat: a call would be felt
        return Reason.TIER_NOT_QUALIFIED
    return None


def _standing_reason(seat: Seat) -> Reason | None:
    match seat.standing:
        case Standing.ACTIVE:
            return None
        case Standing.SUSPENDED:
            return Reason.SUSPENDED
        case Standing.GONE:
            return Reason.TERMINATED
        case _:
            assert_never(seat.standing)
