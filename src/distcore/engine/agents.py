"""Members become agents of regions, and cease to be: changes of the tree, as tiers and states are.

What was accrued before keeps the agents of then: a sale is frozen with the revision of the tree.
"""

from collections.abc import Sequence

from distcore import referral
from distcore.engine.join import change_aspect
from distcore.engine.once import called, check
from distcore.kernel import Instant, MemberId, list_problem, region_problem, utc
from distcore.ports import Transaction
from distcore.referral import Agency, Change, agencies_of


def appoint(
    tx: Transaction,
    member: MemberId,
    region: str,
    *,
    at: Instant,
    actor: str,
    key: str,
    valid_from: Instant | None = None,
) -> Change:
    """Make a member agent of a region, besides whoever is, from `at` or `valid_from` on.

    A region is a path such as `cn/zj/hangzhou`.  Refused for somebody who is its agent already.
    """
    call = called(at=at, actor=actor, key=key)
    return change_aspect(
        tx, call, "appoint", member, region, valid_from, region_problem(region, "region"), referral.appoint
    )


def dismiss(
    tx: Transaction,
    member: MemberId,
    region: str,
    *,
    at: Instant,
    actor: str,
    key: str,
    valid_from: Instant | None = None,
) -> Change:
    """Take a region from its agent, from `at` or `valid_from` on; refused for who is no agent of it then."""
    call = called(at=at, actor=actor, key=key)
    return change_aspect(
        tx, call, "dismiss", member, region, valid_from, region_problem(region, "region"), referral.dismiss
    )


def agents(
    tx: Transaction,
    *,
    valid_at: Instant,
    known_at: Instant | None = None,
    regions: Sequence[str] | None = None,
) -> tuple[Agency, ...]:
    """Return who is agent of which region at an instant, by region and member.

    As known now, or at `known_at`: what was recorded later is left out, and so is whoever was.  With
    `regions` only of these; what lies in them, or what they lie in, is not looked at.
    """
    valid_at, known_at = utc(valid_at, "valid_at"), None if known_at is None else utc(known_at, "known_at")
    if regions is not None:
        check(list_problem(regions, "regions"))
        check(*(region_problem(each, f"regions[{place}]") for place, each in enumerate(regions)))
    revision = tx.members.revision() if known_at is None else tx.members.revision_at(known_at)
    found = [
        agency
        for member in tx.members.agents(regions)
        if known_at is None or member.recorded_at <= known_at
        for agency in agencies_of(member, valid_at=valid_at, revision=revision)
        if regions is None or agency.region in regions
    ]
    return tuple(sorted(found, key=lambda each: (each.region, each.member)))
