"""What compliance refuses, and what to do about it."""

from distcore.kernel import Code

PLAN_BREAKS_PRESET = Code(
    "plan_breaks_preset",
    "version {plan_version} of plan {plan} breaks {preset}: {findings}",
    "change the plan, or let somebody else override it and say why",
)
OWN_OVERRIDE = Code(
    "own_override",
    "{actor} publishes plan {plan}, and can't allow it to break the preset",
    "somebody else has to allow it",
)
NOTHING_TO_OVERRIDE = Code(
    "nothing_to_override",
    "plan {plan} breaks no preset of the shop",
    "publish it without an override",
)
