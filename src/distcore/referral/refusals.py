"""What the tree, applications and codes are refused for, and what to do about it."""

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
AGENT_ALREADY = Code(
    "agent_already", "{member} is agent of {region} since {since}", "nothing needs to be done"
)
NOT_AGENT = Code(
    "not_agent",
    "{member} is not agent of {region} at {valid_from}",
    "list the agents, and dismiss one of them from when the appointment holds",
)
SAME_PERSON = Code(
    "same_person",
    "{member} and {sponsor} are the same person",
    "nobody stands below oneself; if they are two, identify one of them anew",
)
PERSON_TOO_LARGE = Code(
    "person_too_large",
    "{member} would be the same person as {members} ids; the limit is {members_max}",
    "leave out the fingerprint that so many have",
)
APPLICATION_UNKNOWN = Code(
    "application_unknown", "there is no application {application}", "list the applications"
)
APPLICATION_EXISTS = Code(
    "application_exists",
    "application {application} is there already, with other content",
    "give every application an id of its own",
)
APPLICATION_PENDING = Code(
    "application_pending",
    "{applicant} has applied already, with {application}",
    "let somebody decide about that one first",
)
APPLICATION_REVIEWED = Code(
    "application_reviewed",
    "application {application} is {state} already",
    "who was rejected applies again, under another id",
)
SAME_APPLICATION_REVIEWER = Code(
    "same_application_reviewer",
    "{reviewer} applied with {application}, and can't decide about it",
    "somebody else has to decide",
)
REVIEWED_TOO_EARLY = Code(
    "reviewed_too_early",
    "application {application} came at {applied_at}, after {at}",
    "give the instant of the decision",
)
APPLICANT_NOT_ACTIVE = Code(
    "applicant_not_active",
    "{applicant} is {state}, and can't become a distributor",
    "take a suspended member back first; a terminated one does not come back",
)
CODE_EXISTS = Code(
    "code_exists",
    "the code {code} was given out already",
    "choose another code; a revoked one is not given out again",
)
CODE_UNKNOWN = Code("code_unknown", "there is no such code", "list the codes of its owner")
CODE_REVOKED = Code("code_revoked", "the code was revoked at {revoked_at}", "nothing needs to be done")
OWNER_NOT_ACTIVE = Code(
    "owner_not_active", "{owner} is {state}, and can't have a code", "give codes to active members"
)
TOUCHED_LATER = Code(
    "touched_later",
    "{customer} was touched at {touched_at}, later than {at}",
    "tell touches in the order in which they happen",
)
