"""What the tree refuses, and what to do about it."""

from distcore.kernel import Code

MEMBER_EXISTS = Code(
    "member_exists",
    "{member} is a member already, with other particulars",
    "join each member once; use move, set_tier or set_state for what changed",
)
MEMBER_UNKNOWN = Code("member_unknown", "{member} is not a member", "join the member first")
SPONSOR_UNKNOWN = Code(
    "sponsor_unknown", "{sponsor}, the sponsor of {member}, is not a member", "join the sponsor first"
)
SPONSOR_JOINED_LATER = Code(
    "sponsor_joined_later",
    "{sponsor} joined at {sponsor_joined_at}, after {member} at {member_joined_at}",
    "a sponsor joins no later than the member",
)
WOULD_FORM_CYCLE = Code(
    "would_form_cycle",
    "{member} can't be placed under {sponsor}, who stands below: {cycle}",
    "choose a sponsor outside the member's own downline",
)
BEFORE_JOINING = Code(
    "before_joining",
    "{member} joined at {joined_at}; nothing can hold from {valid_from}",
    "give an instant at or after joining",
)
JOINS_IN_FUTURE = Code(
    "joins_in_future", "{member} would join at {joined_at}, after {at}", "join members when they have joined"
)
UPLINE_TOO_DEEP = Code(
    "upline_too_deep",
    "{member} would stand {depth} levels deep; the limit is {depth_max}",
    "choose a higher sponsor",
)
FAN_OUT_TOO_WIDE = Code(
    "fan_out_too_wide",
    "{sponsor} would have {members} direct members; the limit is {fan_out_max}",
    "choose another sponsor",
)
STATE_NOT_REACHABLE = Code(
    "state_not_reachable", "{member} is {state} and can't become {wanted}", "allowed from here: {allowed}"
)
STATE_CHANGED_LATER = Code(
    "state_changed_later",
    "{member} became {state} at {changed_at}; nothing can be slipped in before, from {valid_from}",
    "give an instant at or after the last change of state",
)
NOTHING_CHANGES = Code(
    "nothing_changes", "{member} has {aspect} {value!r} already", "nothing needs to be done"
)
