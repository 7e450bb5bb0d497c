"""A coupon goes from state to state by its table alone, and is one order's at a time."""

from datetime import timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.coupons.test_a_template_is_possible import DAY, NOON, SHANGHAI, WELCOME

from distcore.coupons import (
    COUPON_TRANSITIONS,
    Coupon,
    CouponState,
    claimed,
    freed,
    given_to,
    is_usable,
    issued,
    locked,
    opens,
    unclaimed,
    used,
    withdrawn,
)
from distcore.kernel import Instant, Key, MemberId, Refusal, SaleId, canonical_code, fact_id, secret_hash

ANN, BEN = MemberId("ann"), MemberId("ben")
ORDER = SaleId("order 1")
FRESH = unclaimed(WELCOME, 1, Key("key"), NOON)
MINE = claimed(FRESH, WELCOME, 1, ANN, NOON, SHANGHAI)


def code_of(answer: Coupon | Refusal) -> str:
    return answer.code if isinstance(answer, Refusal) else ""


def test_a_code_opens_its_own_coupon_alone() -> None:
    coupon, code = issued(WELCOME, 1, bytes(range(10)), NOON)
    other, _ = issued(WELCOME, 1, bytes(10), NOON)
    ref = secret_hash(canonical_code(code.lower()))
    assert len(code) == 16
    assert code not in repr(coupon)
    assert coupon.ref not in repr(coupon)
    assert opens(coupon, ref)
    assert not opens(other, ref)
    assert not opens(None, ref)
    assert not opens(claimed(coupon, WELCOME, 1, ANN, NOON, SHANGHAI), ref)
    assert not opens(evolve(FRESH, ref="é"), ref)


def test_a_coupon_is_claimed_with_what_its_template_promises_now() -> None:
    kinder = evolve(WELCOME, offer="twenty-off", transferable=True)
    mine = claimed(FRESH, kinder, 2, ANN, NOON, SHANGHAI)
    assert (mine.number, mine.offer, mine.transferable) == (2, "twenty-off", True)
    assert (mine.owner, mine.claimed_at, mine.valid_from, mine.valid_until) == (
        ANN,
        NOON,
        NOON,
        NOON + 7 * DAY,
    )
    assert mine.revision == FRESH.revision + 1


def test_a_coupon_is_usable_by_its_owner_in_its_time() -> None:
    moment = timedelta(microseconds=1)
    assert is_usable(MINE, ANN, NOON)
    assert is_usable(MINE, ANN, NOON + 7 * DAY - moment)
    assert not is_usable(MINE, ANN, NOON + 7 * DAY)
    assert not is_usable(MINE, ANN, NOON - moment)
    assert not is_usable(MINE, BEN, NOON)
    assert not is_usable(None, ANN, NOON)
    assert not is_usable(evolve(MINE, state=CouponState.LOCKED), ANN, NOON)


def test_whatever_keeps_a_coupon_from_an_order_the_answer_is_the_same() -> None:
    answers = {
        locked(None, MINE.id, ANN, ORDER, NOON),
        locked(MINE, MINE.id, BEN, ORDER, NOON),
        locked(MINE, MINE.id, ANN, ORDER, NOON + 7 * DAY),
        locked(evolve(MINE, state=CouponState.USED), MINE.id, ANN, ORDER, NOON),
        locked(evolve(MINE, state=CouponState.WITHDRAWN), MINE.id, ANN, ORDER, NOON),
        given_to(None, MINE.id, ANN, BEN, NOON),
        withdrawn(None, MINE.id, NOON),
    }
    assert [code_of(each) for each in answers] == ["coupon_not_usable"]


def test_an_order_has_a_coupon_until_it_frees_it() -> None:
    held = locked(MINE, MINE.id, ANN, ORDER, NOON)
    assert isinstance(held, Coupon)
    assert (held.state, held.order) == (CouponState.LOCKED, ORDER)
    late = NOON + 30 * DAY
    spent = used(held, revenue_minor=9000, cost_minor=1000, at=late)
    assert (spent.state, spent.revenue_minor, spent.cost_minor) == (CouponState.USED, 9000, 1000)
    for each in (held, spent):
        free = freed(each, late)
        assert evolve(free, changed_at=NOON, revision=MINE.revision) == MINE
        assert not is_usable(free, ANN, late)


def test_a_coupon_is_given_away_where_its_template_allows_it() -> None:
    free = evolve(MINE, transferable=True)
    given = given_to(free, MINE.id, ANN, BEN, NOON + DAY)
    assert isinstance(given, Coupon)
    assert (given.owner, given.valid_until, given.revision) == (BEN, MINE.valid_until, MINE.revision + 1)
    assert code_of(given_to(MINE, MINE.id, ANN, BEN, NOON)) == "coupon_not_transferable"
    assert code_of(given_to(free, MINE.id, ANN, ANN, NOON)) == "coupon_not_transferable"
    assert code_of(given_to(free, MINE.id, BEN, ANN, NOON)) == "coupon_not_usable"


def test_what_an_order_has_is_not_withdrawn() -> None:
    for state in CouponState:
        answer = withdrawn(evolve(MINE, state=state), MINE.id, NOON)
        assert isinstance(answer, Coupon) == (CouponState.WITHDRAWN in COUPON_TRANSITIONS[state])
        assert code_of(answer) in ("", "coupon_not_withdrawable")


@given(st.lists(st.sampled_from(["lock", "use", "free", "give", "withdraw"]), max_size=30))
def test_no_two_orders_have_a_coupon_at_once(steps: list[str]) -> None:
    """Whatever is tried in whatever order, each use has a lock before it, and one alone."""
    coupon, at, holder = evolve(MINE, transferable=True), NOON, None
    for place, step in enumerate(steps):
        coupon, holder = _tried(coupon, step, SaleId(f"order {place}"), at, holder)
        assert coupon.order == holder
        assert (holder is not None) == (coupon.state in (CouponState.LOCKED, CouponState.USED))
        at += DAY / 10


def _tried(
    coupon: Coupon, step: str, order: SaleId, at: Instant, holder: SaleId | None
) -> tuple[Coupon, SaleId | None]:
    assert coupon.owner is not None
    if step == "lock":
        answer = locked(coupon, coupon.id, coupon.owner, order, at)
        if isinstance(answer, Coupon):
            assert holder is None
            return answer, order
    elif step == "use" and coupon.state is CouponState.LOCKED:
        return used(coupon, revenue_minor=1, cost_minor=1, at=at), holder
    elif step == "free" and holder is not None:
        return freed(coupon, at), None
    elif step == "give":
        answer = given_to(coupon, coupon.id, coupon.owner, BEN if coupon.owner == ANN else ANN, at)
        return (answer if isinstance(answer, Coupon) else coupon), holder
    elif step == "withdraw":
        answer = withdrawn(coupon, coupon.id, at)
        return (answer if isinstance(answer, Coupon) else coupon), holder
    return coupon, holder


SOON = NOON + timedelta(hours=1)


def test_each_step_keeps_what_it_does_not_change() -> None:
    held = locked(MINE, MINE.id, ANN, ORDER, SOON)
    assert held == evolve(MINE, order=ORDER, state=CouponState.LOCKED, changed_at=SOON, revision=3)
    assert isinstance(held, Coupon)
    spent = used(held, revenue_minor=900, cost_minor=100, at=SOON)
    assert spent == evolve(
        held, revenue_minor=900, cost_minor=100, state=CouponState.USED, changed_at=SOON, revision=4
    )
    assert freed(spent, SOON) == evolve(MINE, state=CouponState.CLAIMED, changed_at=SOON, revision=5)
    kind = evolve(MINE, transferable=True)
    assert given_to(kind, MINE.id, ANN, BEN, SOON) == evolve(kind, owner=BEN, changed_at=SOON, revision=3)
    over = evolve(MINE, state=CouponState.WITHDRAWN, changed_at=SOON, revision=3)
    assert withdrawn(MINE, MINE.id, SOON) == over


def test_a_coupon_with_a_code_is_whole_and_shows_its_beginning_alone() -> None:
    """Its id stays the same for ever: other shops' stores have it."""
    coupon, code = issued(WELCOME, 7, bytes(range(10)), NOON)
    ref = secret_hash(code)
    assert coupon == evolve(FRESH, id=coupon.id, number=7, ref=ref)
    assert coupon.id == fact_id("coupon", ref).hex()
    assert f"ref={ref[:8]}…," in repr(coupon)
    assert "ref=," in repr(FRESH)


def test_a_refusal_names_the_coupon() -> None:
    def facts(answer: Coupon | Refusal) -> dict[str, object]:
        assert isinstance(answer, Refusal)
        return dict(answer.facts)

    assert facts(given_to(MINE, MINE.id, ANN, BEN, NOON)) == {"coupon": MINE.id}
    used_up = evolve(MINE, state=CouponState.USED)
    assert facts(withdrawn(used_up, MINE.id, NOON)) == {"coupon": MINE.id, "state": "used"}
