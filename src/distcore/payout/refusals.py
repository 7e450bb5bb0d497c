"""What payouts are refused for, and what to do about it."""

from distcore.kernel import Code

PAYOUT_UNKNOWN = Code("payout_unknown", "there is no payout {payout}", "list the payouts")
PAYOUT_EXISTS = Code(
    "payout_exists",
    "payout {payout} was requested already, with other content",
    "give every payout an id of its own",
)
BALANCE_TOO_LOW = Code(
    "balance_too_low",
    "{payee} has {payable} {currency} payable, {payout} asks for {asked}",
    "ask for no more than is payable, less what is carried below zero",
)
PAYEE_ON_HOLD = Code("payee_on_hold", "{payee} is on hold: {reason}", "lift the hold first")
NO_ACCOUNT = Code("no_account", "{payee} has no account to be paid at", "set the payee's account")
ACCOUNT_NOT_VERIFIED = Code(
    "account_not_verified", "account {account} of {payee} was never verified", "verify the account first"
)
ACCOUNT_VERIFIED = Code(
    "account_verified", "account {account} of {payee} is verified already", "nothing needs to be done"
)
SAME_VERIFIER = Code(
    "same_verifier",
    "{actor} set account {account} of {payee}, and can't verify it",
    "somebody else has to look at it",
)
ACCOUNT_CHANGED = Code(
    "account_changed",
    "{payee} has account {account} now, not {wanted}",
    "look at the account that the payee has now",
)
ACCOUNT_NEWER = Code(
    "account_newer",
    "account {account} of {payee} was set at {changed_at}, later than {at}",
    "give the instant at which it is done: an earlier one would end its hold early",
)
ACCOUNT_ON_HOLD = Code(
    "account_on_hold",
    "account {account} of {payee} was changed; nothing is paid there before {until}",
    "wait, or ask the payee about the change",
)
SAME_APPROVER = Code(
    "same_approver",
    "{actor} requested {payout}, and can't approve it",
    "somebody else has to look at it",
)
APPROVAL_VOID = Code(
    "approval_void",
    "the approval of {payout} is void: {why}",
    "cancel it, or take it as failed if it was submitted and never arrived; then request it anew",
)
STATE_NOT_REACHABLE = Code(
    "payout_state_not_reachable",
    "{payout} is {state} and can't become {wanted}",
    "allowed from here: {allowed}",
)
EVENT_DIFFERS = Code(
    "event_differs",
    "{event} says {what} {told}, payout {payout} says {known}",
    "nothing was changed; ask the provider",
)
EVENT_TOO_LATE = Code(
    "event_too_late",
    "{event} says that {payout} has {outcome}, which is {state}",
    "nothing was changed; reconcile with the provider's statement",
)
EVENT_EXISTS = Code(
    "event_exists",
    "{event} was told before, with other content",
    "nothing was changed; ask the provider",
)
CHANNEL_DIFFERS = Code(
    "channel_differs", "{payout} goes through {channel}, not {wanted}", "submit it through its own channel"
)
CHANNEL_UNKNOWN = Code(
    "channel_unknown", "no payout ever went through {channel}", "list the payouts with their channels"
)
PAYOUT_LIVE = Code(
    "payout_live",
    "payout {payout} of {payee} is {state}: what is known of the account is still needed",
    "wait until the provider has answered",
)
