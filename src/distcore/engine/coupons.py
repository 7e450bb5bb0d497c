"""Coupons come into the world, to members, from one to another, and out of it.

The rule this file protects: no more are claimed than a template allows, however many ask at once; and whoever
guesses codes learns nothing, and is stopped.
"""

from collections.abc import Mapping, Sequence

from attrs import evolve

from distcore.coupons import (
    Attempts,
    Coupon,
    CouponId,
    CouponStats,
    CouponTemplate,
    TemplateId,
    claimed,
    coupon_template_problems,
    given_to,
    is_claimable,
    is_usable,
    issued,
    opens,
    taking_in_total,
    taking_of_day,
    taking_of_member,
    unclaimed,
    withdrawn,
)
from distcore.coupons import refusals as no
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import Call, answered, called, check, done_before, remember
from distcore.kernel import (
    InputError,
    Instant,
    Key,
    MemberId,
    Problem,
    Refusal,
    RefusedError,
    SaleId,
    Taking,
    bits_problem,
    canonical_code,
    code_problem,
    fact_id,
    format_instant,
    id_problem,
    limits,
    secret_hash,
    utc,
)
from distcore.ports import Transaction


def set_coupon_template(
    tx: Transaction, template: CouponTemplate, *, at: Instant, actor: str, key: str
) -> CouponTemplate:
    """Set a template of coupons; those that are claimed keep what they were promised.

    Raises `InputError`, and `RefusedError` where the shop has no such offer by coupon, or where the word is
    another template's.
    """
    problems = coupon_template_problems(template)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "set_coupon_template", template) is None:
        refusal = _template_refusal(tx, template)
        if refusal is not None:
            raise RefusedError(refusal)
        before = tx.coupon_templates.newest(template.id)
        if before is None or before[0] != template:
            tx.coupon_templates.put(template, 1 if before is None else before[1] + 1, at=call.at)
        remember(tx, call, "set_coupon_template", template, about=[template.id])
    return template


def issue_coupons(
    tx: Transaction, template: TemplateId, secrets: Sequence[bytes], *, at: Instant, actor: str, key: str
) -> tuple[str, ...]:
    """Make a coupon of each of these secrets, of 10 random bytes, and return the codes that claim them.

    Only hashes of them are kept: whoever loses a code can't be told it again.  They count towards the total
    of the template at once, and towards a day and a member when they are claimed.
    """
    check(id_problem(template, "template"), *_secret_problems(secrets))
    call = called(at=at, actor=actor, key=key)
    inputs = template, tuple([secret_hash(each.hex()) for each in secrets])
    held, number = _template(tx, template)
    made = [issued(held, number, each, call.at) for each in secrets]
    if done_before(tx, call, "issue_coupons", inputs) is None:
        if tx.coupons.of([coupon.id for coupon, _ in made]):
            raise RefusedError(no.ISSUED_BEFORE.refuse())
        _take(tx, [taking_in_total(held, len(made))])
        tx.coupons.add([coupon for coupon, _ in made])
        remember(tx, call, "issue_coupons", inputs, about=[template])
    return tuple([code for _, code in made])


def claim_coupon(
    tx: Transaction, template: TemplateId, member: MemberId, *, at: Instant, actor: str, key: str
) -> CouponId:
    """Give a member a coupon of a template; refused where there is none left to be had."""
    check(id_problem(template, "template"), id_problem(member, "member"))
    call = called(at=at, actor=actor, key=key)
    before = done_before(tx, call, "claim_coupon", (template, member))
    if before is not None:
        return CouponId(before.answer)
    held, number = _template(tx, template)
    _check_claimable(held, call.at)
    coupon = _claim(tx, call, held, number, member)
    remember(tx, call, "claim_coupon", (template, member), coupon, about=[coupon])
    return coupon


def claim_code(
    tx: Transaction,
    code: str,
    member: MemberId,
    attempts: Attempts,
    *,
    source: str,
    at: Instant,
    actor: str,
    key: str,
) -> CouponId:
    """Give a member the coupon of a code, or one of the template whose word it is.

    Whether a code is unknown, claimed, withdrawn or over, the answer is the same.  `source` is who asks, as
    `attempts` counts it: an address or a member; one that failed too often is told nothing at all.
    """
    check(id_problem(member, "member"), id_problem(source, "source"))
    if type(code) is not str:
        raise InputError.of("code", "not a code", "a text")
    call = called(at=at, actor=actor, key=key)
    typed = "" if code_problem(code, "code") else canonical_code(code)
    inputs = secret_hash(typed), member
    before = done_before(tx, call, "claim_code", inputs)
    if before is not None:
        return CouponId(before.answer)
    if not attempts.is_allowed(source, call.at):
        raise RefusedError(no.TOO_MANY_ATTEMPTS.refuse())
    found, owner = tx.coupons.with_code(inputs[0]), tx.coupon_templates.with_word(typed)
    own = found if opens(found, inputs[0]) else None  # both are looked for, so that the time tells nothing
    template = owner if own is None else own.template
    held = None if template is None else tx.coupon_templates.newest(template)
    if held is None or not _is_open(held[0], typed, own, call.at):
        attempts.failed(source, call.at)
        raise RefusedError(no.CODE_REFUSED.refuse())
    coupon = _claim(tx, call, *held, member, own)
    remember(tx, call, "claim_code", inputs, coupon, about=[coupon])
    return coupon


def give_coupon(
    tx: Transaction, coupon: CouponId, owner: MemberId, to: MemberId, *, at: Instant, actor: str, key: str
) -> CouponId:
    """Give the coupon of a member to another, where its template allows it; it stays good for as long.

    It counts towards what the other may have, and still towards what the first had.
    """
    check(id_problem(coupon, "coupon"), id_problem(owner, "owner"), id_problem(to, "to"))
    call = called(at=at, actor=actor, key=key)
    inputs = coupon, owner, to
    if done_before(tx, call, "give_coupon", inputs) is None:
        found = tx.coupons.of([coupon], for_change=True).get(coupon)
        given = answered(given_to(found, coupon, owner, to, call.at))
        held, _ = _template(tx, given.template)
        _check_newcomer(tx, held, to)
        _take(tx, [taking_of_member(held, to)])
        tx.coupons.change([given])
        remember(tx, call, "give_coupon", inputs, about=[coupon])
    return coupon


def withdraw_coupon(tx: Transaction, coupon: CouponId, *, at: Instant, actor: str, key: str) -> CouponId:
    """Take a coupon out of the world, for good; not while an order holds it or has used it."""
    check(id_problem(coupon, "coupon"))
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "withdraw_coupon", coupon) is None:
        found = tx.coupons.of([coupon], for_change=True).get(coupon)
        tx.coupons.change([answered(withdrawn(found, coupon, call.at))])
        remember(tx, call, "withdraw_coupon", coupon, about=[coupon])
    return coupon


def usable_coupons(tx: Transaction, member: MemberId, *, at: Instant) -> tuple[Coupon, ...]:
    """Return the coupons that a member can use at an instant, by id.

    Their offers are what `pricing.Wanted.coupons` names.
    """
    check(id_problem(member, "member"))
    instant = utc(at, "at")
    return tuple([each for each in tx.coupons.of_owner(member) if is_usable(each, member, instant)])


def coupon_stats(tx: Transaction, template: TemplateId, *, at: Instant) -> CouponStats:
    """Return what became of the coupons of a template until now; `at` says which of them are over."""
    check(id_problem(template, "template"))
    instant = utc(at, "at")
    _template(tx, template)
    return tx.coupons.stats(template, instant)


def _template_refusal(tx: Transaction, template: CouponTemplate) -> Refusal | None:
    policy = policy_of(tx)
    if template.currency not in policy.currencies:
        return currency_refusal(policy, template.currency)
    offers = [each.value for each in tx.terms.current().offers if each.value.id == template.offer]
    if not any(each.by_coupon and each.currency == template.currency for each in offers):
        return no.OFFER_WITHOUT_COUPON.refuse(offer=template.offer)
    before = tx.coupon_templates.newest(template.id)
    if before is not None and before[0].currency != template.currency:
        return no.CURRENCY_CHANGED.refuse(template=template.id, currency=before[0].currency)
    owner = tx.coupon_templates.with_word(canonical_code(template.word)) if template.word else None
    if owner not in (None, template.id):
        return no.WORD_TAKEN.refuse(word=template.word)
    return None


def _secret_problems(secrets: Sequence[bytes]) -> list[Problem | None]:
    most, size = limits.COUPONS_ISSUED_MAX, limits.COUPON_CODE_BYTES
    if type(secrets) not in (list, tuple):
        return [Problem("secrets", "not a list", f"a list of 1 to {most} times {size} random bytes")]
    if not 1 <= len(secrets) <= most:
        return [Problem("secrets", f"there are {len(secrets)}", f"give 1 to {most}")]
    found = [
        bits_problem(each, f"secrets[{place}]", least=size, most=size) for place, each in enumerate(secrets)
    ]
    if not any(found) and len(set(secrets)) < len(secrets):
        found.append(Problem("secrets", "one stands twice", "take each from a source of randomness"))
    return found


def _template(tx: Transaction, template: TemplateId) -> tuple[CouponTemplate, int]:
    found = tx.coupon_templates.newest(template)
    if found is None:
        raise RefusedError(no.TEMPLATE_UNKNOWN.refuse(template=template))
    return found


def _is_open(template: CouponTemplate, typed: str, own: Coupon | None, at: Instant) -> bool:
    """Say whether what was typed gives a coupon: a code of its own, or the word as it is now."""
    return (own is not None or canonical_code(template.word) == typed) and is_claimable(template, at)


def _claim(
    tx: Transaction,
    call: Call,
    template: CouponTemplate,
    number: int,
    member: MemberId,
    own: Coupon | None = None,
) -> CouponId:
    """Count a claim, and write the coupon."""
    _check_newcomer(tx, template, member)
    zone = policy_of(tx).zone
    takings = [*taking_of_day(template, call.at, zone), taking_of_member(template, member)]
    if own is None:  # a code counts in total since it was issued
        takings.append(taking_in_total(template))
    _take(tx, takings)
    coupon = unclaimed(template, number, call.key, call.at) if own is None else own
    mine = claimed(coupon, template, number, member, call.at, zone)
    if own is None:
        tx.coupons.add([mine])
    else:
        tx.coupons.change([mine])
    return mine.id


def claim_promised(
    tx: Transaction, order: SaleId, promised: Mapping[TemplateId, int], member: MemberId, at: Instant
) -> None:
    """Give a member the coupons that an order promised: all of them, or it is refused."""
    zone = policy_of(tx).zone
    held = {template: _template(tx, template) for template in promised}
    takings: list[Taking] = []
    for id, (template, _) in held.items():
        _check_claimable(template, at)
        _check_newcomer(tx, template, member)
        wanted = (*taking_of_day(template, at, zone), taking_of_member(template, member))
        takings += [evolve(each, units=promised[id]) for each in (*wanted, taking_in_total(template))]
    _take(tx, takings)
    tx.coupons.add(
        [
            claimed(
                unclaimed(template, number, _promise(order, id, place), at),
                template,
                number,
                member,
                at,
                zone,
            )
            for id, (template, number) in held.items()
            for place in range(promised[id])
        ]
    )


def _promise(order: SaleId, template: TemplateId, place: int) -> Key:
    """Return what the id of a promised coupon derives from, as that of a claim does from its key."""
    return Key(fact_id("promised", order, template, place).hex())


def _check_claimable(template: CouponTemplate, at: Instant) -> None:
    if not is_claimable(template, at):
        raise RefusedError(no.NOT_CLAIMABLE.refuse(template=template.id, at=format_instant(at)))


def _check_newcomer(tx: Transaction, template: CouponTemplate, member: MemberId) -> None:
    """Refuse a coupon for newcomers to whoever has a booked order in its currency."""
    buyer = member, template.currency
    if template.newcomers and tx.buyers.of([buyer])[buyer].orders > 0:
        raise RefusedError(no.NOT_A_NEWCOMER.refuse(member=member, template=template.id))


def _take(tx: Transaction, takings: Sequence[Taking]) -> None:
    full = tx.counts.take(takings)
    if full is not None:
        within = "for a member" if full.count.member else "a day" if full.count.part else "in all"
        raise RefusedError(no.USED_UP.refuse(template=full.count.of, most=full.most, within=within))
