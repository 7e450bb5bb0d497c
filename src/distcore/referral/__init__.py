"""Who stands above whom, since when, and since when we know it.

A forest of members.  Each has at most one sponsor at any instant; nothing is ever overwritten: a move,
a new tier or a suspension is a `Change` that says from when it holds (`valid_from`) and when it was
written down (`recorded_at`, and a `revision` that counts the changes of a shop's tree).  A sale
keeps only its buyer, its instant and the revision; its upline can be walked again for ever.

>>> from datetime import datetime, UTC
>>> day = lambda n: datetime(2026, 1, n, tzinfo=UTC)
>>> tree = {
...     "ann": Member("ann", joined_at=day(1), recorded_at=day(1)),
...     "ben": Member("ben", sponsor="ann", joined_at=day(1), recorded_at=day(1)),
...     "cai": Member("cai", sponsor="ben", joined_at=day(1), recorded_at=day(1)),
... }
>>> [seat.member for seat in upline(tree, "cai", valid_at=day(9), revision=0)]
['ben', 'ann']

From the tenth on `cai` belongs to `ann`; what was sold before stays with `ben`:

>>> moved = move(tree, "cai", "ann", valid_from=day(10), at=day(10), revision=1)
>>> tree["cai"] = with_change(tree["cai"], moved)
>>> [seat.member for seat in upline(tree, "cai", valid_at=day(10), revision=1)]
['ann']
>>> [seat.member for seat in upline(tree, "cai", valid_at=day(9), revision=1)]
['ben', 'ann']

A forest stays a forest:

>>> refusal = move(tree, "ann", "cai", valid_from=day(11), at=day(11), revision=2)
>>> refusal.message
"ann can't be placed under cai, who stands below: ann < cai < ann"
"""

from distcore.referral.agency import Agency, agencies_of, appoint, appointed_for, dismiss, is_agent
from distcore.referral.application import (
    HIDDEN,
    Application,
    ApplicationId,
    ApplicationRecord,
    Evidence,
    Review,
    applicant_refusal,
    application_problems,
    decision_problem,
    review_refusal,
)
from distcore.referral.binding import (
    Customer,
    binding_end,
    bound_at,
    decide_binding,
    is_let_go,
    lasting,
    placements_of,
    promoter_outcome,
)
from distcore.referral.change import (
    in_joining_order,
    join,
    move,
    newcomer_problems,
    set_state,
    set_tier,
    state_problem,
    stay,
    tier_problem,
)
from distcore.referral.code import (
    GENERATED_BYTES,
    CodeKind,
    PromotionCode,
    code_of_bits,
    link_token,
    stands_for,
    token_problem,
)
from distcore.referral.identity import (
    EVERYBODY_ALONE,
    Identity,
    Persons,
    fingerprint_hash,
    fingerprints_problems,
    identify,
    is_same_person,
    others_of,
    person_of,
    persons_of,
    same_person_refusal,
)
from distcore.referral.lifecycle import (
    APPLICATION_TRANSITIONS,
    TRANSITIONS,
    ApplicationState,
    State,
)
from distcore.referral.member import (
    AGENCY,
    PLACING,
    Aspect,
    BeyondTreeError,
    Change,
    EndlessUplineError,
    Member,
    Newcomer,
    Seat,
    Tree,
    with_change,
)
from distcore.referral.ports import (
    Applications,
    Identities,
    Members,
    PromotionCodes,
    Touches,
)
from distcore.referral.termination import (
    Downline,
    Termination,
    reattach,
)
from distcore.referral.touch import (
    Outcome,
    Result,
    Touch,
    Via,
    Why,
)
from distcore.referral.upline import (
    Bound,
    above,
    last_sponsor,
    placed,
    seat_of,
    sponsor_of,
    upline,
)

__all__ = [
    "AGENCY",
    "APPLICATION_TRANSITIONS",
    "EVERYBODY_ALONE",
    "GENERATED_BYTES",
    "HIDDEN",
    "PLACING",
    "TRANSITIONS",
    "Agency",
    "Application",
    "ApplicationId",
    "ApplicationRecord",
    "ApplicationState",
    "Applications",
    "Aspect",
    "BeyondTreeError",
    "Bound",
    "Change",
    "CodeKind",
    "Customer",
    "Downline",
    "EndlessUplineError",
    "Evidence",
    "Identities",
    "Identity",
    "Member",
    "Members",
    "Newcomer",
    "Outcome",
    "Persons",
    "PromotionCode",
    "PromotionCodes",
    "Result",
    "Review",
    "Seat",
    "State",
    "Termination",
    "Touch",
    "Touches",
    "Tree",
    "Via",
    "Why",
    "above",
    "agencies_of",
    "applicant_refusal",
    "application_problems",
    "appoint",
    "appointed_for",
    "binding_end",
    "bound_at",
    "code_of_bits",
    "decide_binding",
    "decision_problem",
    "dismiss",
    "fingerprint_hash",
    "fingerprints_problems",
    "identify",
    "in_joining_order",
    "is_agent",
    "is_let_go",
    "is_same_person",
    "join",
    "last_sponsor",
    "lasting",
    "link_token",
    "move",
    "newcomer_problems",
    "others_of",
    "person_of",
    "persons_of",
    "placed",
    "placements_of",
    "promoter_outcome",
    "reattach",
    "review_refusal",
    "same_person_refusal",
    "seat_of",
    "set_state",
    "set_tier",
    "sponsor_of",
    "stands_for",
    "state_problem",
    "stay",
    "tier_problem",
    "token_problem",
    "upline",
    "with_change",
]
