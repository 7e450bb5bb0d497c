"""Regional agents: who is agent of which region, since when and until when.

A member may be agent of many regions, and a region may have many agents.  The rule this file protects: an
appointment holds for an instant and as known at a revision, as a tier does, so what was decided by it once
can be decided again, whatever was recorded since.
"""

from collections.abc import Mapping

from attrs import frozen

from distcore.kernel import Instant, MemberId, Refusal, format_instant
from distcore.referral import refusals
from distcore.referral.change import too_early
from distcore.referral.member import AGENCY, Aspect, Change, Member, Tree


@frozen
class Agency:
    """A region that a member is agent of, from `since` on."""

    region: str
    member: MemberId
    since: Instant


def agencies_of(member: Member, *, valid_at: Instant, revision: int) -> tuple[Agency, ...]:
    """Return the regions that a member is agent of at an instant, as known at a revision, by region."""
    held = _held(member, valid_at, revision)
    return tuple(Agency(region, member.id, held[region]) for region in sorted(held))


def appointed_for(member: Member) -> tuple[str, ...]:
    """Return the regions for which a member was ever appointed, one for each appointment."""
    return tuple(each.value or "" for each in member.changes if each.aspect is Aspect.APPOINTED)


def is_agent(member: Member, region: str, *, valid_at: Instant, revision: int) -> bool:
    """Say whether a member is agent of a region at an instant, as known at a revision."""
    return region in _held(member, valid_at, revision)


def appoint(
    tree: Tree, member: MemberId, region: str, *, valid_from: Instant, at: Instant, revision: int
) -> Change | Refusal:
    """Return the change that makes a member agent of a region."""
    appointed = tree.get(member)
    if appointed is None:
        return refusals.MEMBER_UNKNOWN.refuse(member=member)
    early = too_early(appointed, valid_from)
    if early is not None:
        return early
    since = _held(appointed, valid_from, revision).get(region)
    if since is not None:
        return refusals.AGENT_ALREADY.refuse(member=member, region=region, since=format_instant(since))
    return Change(member, Aspect.APPOINTED, region, valid_from, at, revision)


def dismiss(
    tree: Tree, member: MemberId, region: str, *, valid_from: Instant, at: Instant, revision: int
) -> Change | Refusal:
    """Return the change after which a member is not agent of a region any more."""
    dismissed = tree.get(member)
    if dismissed is None:
        return refusals.MEMBER_UNKNOWN.refuse(member=member)
    if not is_agent(dismissed, region, valid_at=valid_from, revision=revision):
        return refusals.NOT_AGENT.refuse(member=member, region=region, valid_from=format_instant(valid_from))
    return Change(member, Aspect.DISMISSED, region, valid_from, at, revision)


def _held(member: Member, valid_at: Instant, revision: int) -> Mapping[str, Instant]:
    """Return the regions that a member is agent of, each with the instant since when."""
    held: dict[str, Instant] = {}
    for change in member.changes:
        if change.valid_from > valid_at:
            break
        if change.aspect not in AGENCY or change.revision > revision:
            continue
        assert change.value is not None, "an agency is of a region"
        if change.aspect is Aspect.APPOINTED:
            held.setdefault(change.value, change.valid_from)
        else:
            held.pop(change.value, None)
    return held
