"""What the engine itself refuses, whatever the context."""

from distcore.kernel import Code

KEY_REUSED = Code(
    "key_reused",
    "key {key} was used for {verb} with other inputs",
    "repeat a command with the same inputs, or give it a key of its own",
)
NO_POLICY = Code("no_policy", "the shop has no policy yet", "set a shop-policy first: zone and currencies")
CURRENCY_NOT_OF_SHOP = Code(
    "currency_not_of_shop",
    "{currency} is not a currency of this shop, which has {currencies}",
    "add it to the shop-policy",
)
