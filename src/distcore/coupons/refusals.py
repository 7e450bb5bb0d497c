"""What is said no to about coupons; whoever guesses learns nothing from it."""

from typing import Final

from distcore.kernel import Code

CODE_REFUSED: Final = Code(
    "coupon_code_refused", "this code gives no coupon", "check how it is written, or ask who gave it"
)
NOT_USABLE: Final = Code(
    "coupon_not_usable", "coupon {coupon} can't be used", "look at the coupons that the member has"
)
TOO_MANY_ATTEMPTS: Final = Code(
    "too_many_attempts", "too many codes were tried that give nothing", "wait before the next one is tried"
)
TEMPLATE_UNKNOWN: Final = Code(
    "coupon_template_unknown", "there is no coupon template {template}", "set it first, from a document"
)
NOT_CLAIMABLE: Final = Code(
    "coupon_not_claimable",
    "coupons of {template} can't be claimed at {at}",
    "look at claim_from and claim_until of the template",
)
USED_UP: Final = Code(
    "coupons_used_up",
    "of {template} {most} coupons may be had {within}, and no more are left",
    "raise the limit of the template, or wait for the next day where it counts days",
)
NOT_A_NEWCOMER: Final = Code(
    "not_a_newcomer",
    "{member} has ordered before, and {template} is for newcomers",
    "choose another template",
)
NOT_TRANSFERABLE: Final = Code(
    "coupon_not_transferable", "coupon {coupon} can't be given away", "allow it in the template"
)
NOT_WITHDRAWABLE: Final = Code(
    "coupon_not_withdrawable",
    "coupon {coupon} is {state}, and can't be withdrawn",
    "cancel the order that holds it first",
)
OFFER_WITHOUT_COUPON: Final = Code(
    "offer_without_coupon",
    "no offer {offer} of the shop is given by coupon",
    "set the offer with by_coupon first, in the currency of the template",
)
WORD_TAKEN: Final = Code("coupon_word_taken", "{word} is the word of another template", "choose another word")
CURRENCY_CHANGED: Final = Code(
    "coupon_currency_changed",
    "coupons of {template} are in {currency}",
    "set a template with another id for the other currency",
)
ISSUED_BEFORE: Final = Code(
    "coupons_issued_before",
    "codes of these secrets were issued before",
    "take new ones from a source of randomness; under the same key the first answer comes again",
)
TOO_MANY_COUPONS: Final = Code(
    "too_many_coupons",
    "order {order} would have {coupons} coupons, and {most} are the most",
    "use fewer coupons, or split the order",
)
CURRENCIES_MIXED: Final = Code(
    "coupon_currencies_mixed",
    "order {order} would have coupons in {currencies}",
    "lock coupons of one currency, that of the order",
)
