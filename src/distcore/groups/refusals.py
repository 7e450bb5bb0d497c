"""What is said no to about groups."""

from typing import Final

from distcore.kernel import Code

SALE_UNKNOWN: Final = Code(
    "group_sale_unknown", "there is no group sale {sale}", "set it first, from a document"
)
SALE_CLOSED: Final = Code(
    "group_sale_closed",
    "no group of {sale} can be opened at {at}",
    "look at valid_from and valid_until of the group sale",
)
NOT_RUNNING: Final = Code(
    "group_sale_not_running",
    "no group of {sale} is open at {at}, and nothing is bought in one",
    "look at valid_from, valid_until and hours of the group sale, or leave it out of the cart",
)
CURRENCY_CHANGED: Final = Code(
    "group_sale_currency_changed",
    "groups of {sale} are in {currency}",
    "set a group sale with another id for the other currency",
)
GROUP_UNKNOWN: Final = Code("group_unknown", "there is no group {group}", "look at the groups of the sale")
GROUP_CLOSED: Final = Code(
    "group_closed",
    "group {group} is {state}, and nobody can join or leave it",
    "join another group, or open one",
)
GROUP_OVER: Final = Code(
    "group_over",
    "the time of group {group} was over at {closes_at}",
    "close the groups that are over; then join another group, or open one",
)
GROUP_NEWER: Final = Code(
    "group_newer",
    "group {group} was opened at {opened_at}, later than {at}",
    "give the instant at which it is joined or left",
)
ALREADY_IN_GROUP: Final = Code(
    "already_in_group", "{member} is in group {group} already", "let somebody else join"
)
ORDER_IN_GROUP: Final = Code(
    "order_in_group", "order {order} has been in group {group}", "place another order for another group"
)
PLACES_USED_UP: Final = Code(
    "group_places_used_up",
    "{member} may be in {most} groups of {sale}, and is in as many",
    "raise per_member_max of the group sale",
)
NO_PRICE: Final = Code(
    "no_group_price",
    "order {order} would have neither a price of group sale {sale} nor an offer for it",
    "look at the quote, which says why price lists and offers are passed by; or leave the group sale out",
)
NOT_OF_SALE: Final = Code(
    "order_not_of_group_sale",
    "order {order} was not placed at the price of {sale}",
    "place it with a cart that names the group sale",
)
OF_NO_SALE: Final = Code(
    "order_of_no_group_sale",
    "order {order} was not placed at the price of any group sale",
    "place it with a cart that names the group sale",
)
OTHER_CURRENCY: Final = Code(
    "order_other_currency",
    "order {order} is in {found}, and groups of {sale} are in {currency}",
    "place it with a cart in the currency of the group sale",
)
STILL_IN_GROUP: Final = Code(
    "order_still_in_group",
    "order {order} is in group {group}, which is open",
    "leave the group, or close it where its time is over: both drop the order",
)
NO_MEMBER: Final = Code(
    "group_needs_member", "order {order} was placed by nobody who is known", "place it for a member"
)
NOT_OWED: Final = Code(
    "place_not_owed", "nothing is owed for order {order}: it is {state}", "look at what is owed"
)
PLACE_NEWER: Final = Code(
    "place_newer",
    "the place of order {order} is {state} since {changed_at}, later than {at}",
    "give the instant at which it is done",
)
NOT_IN_GROUP: Final = Code("order_not_in_group", "order {order} is in no group", "open or join one with it")
