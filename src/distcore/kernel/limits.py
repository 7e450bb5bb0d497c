"""Every bound of the library, named, in one place.

The one rule this file protects: nothing that a user can make bigger is without a bound,
and each bound says why it is where it is.  All are inclusive unless they say otherwise.
"""

from typing import Final

# Text

ID_LENGTH_MAX: Final = 128
"""Characters of one id. Ids of shops are below 64; MySQL's index keys hold 128 × 4 bytes several times."""

TEXT_LENGTH_MAX: Final = 1024
"""Characters of a free text such as a reason. It is read by people and stored beside every fact."""

# Money and numbers

AMOUNT_MINOR_MAX: Final = 10**15
"""Minor units of one amount. Times a rate in ppm and summed over a large shop it is still far from odd."""

TOTAL_MINOR_MAX: Final = 2**63 - 1
"""Minor units of a total. Sums may exceed one amount, but they must fit the BIGINT of every database."""

UNITS_MAX: Final = 10**9
"""Units of one line. Bulk goods are counted in small units (grams, millilitres), so this is generous."""

RATE_PPM_MAX: Final = 1_000_000
"""Parts per million of a rate: 100 %. Nobody is promised more than the whole."""

# One sale

LINES_MAX: Final = 10_000
"""Lines of one sale. A sale is decided in memory and locked as a whole."""

TAGS_MAX: Final = 100
"""Tags of one line. They are kept as one text in one column."""

SPLIT_PARTS_MAX: Final = 1_000_000
"""Parts of one split: the members of a pool are the longest list that is ever split."""

# Carts and offers

CART_LINES_MAX: Final = 500
"""Lines of one cart. A buyer looks at them on one page; a price is calculated while the buyer waits."""

COUPONS_MAX: Final = 1_000
"""Coupons that one offer gives at once. More are a mistake of a digit."""

COUPONS_OF_TEMPLATE_MAX: Final = 1_000_000_000
"""Coupons of one template. More than people that buy anything are a mistake of a digit."""

COUPONS_ISSUED_MAX: Final = 10_000
"""Codes that are issued at once: they are written in one transaction, and printed."""

COUPON_DAYS_MAX: Final = 3_660
"""Days that a coupon is good for: ten years, more than shops keep what is owed."""

COUPON_CODE_BYTES: Final = 10
"""Random bytes of the code of a coupon: 80 bits, more than anybody can try; 16 letters to be typed."""

GROUP_SIZE_MAX: Final = 1_000
"""Buyers of one group. They find each other through messages; its rows are read at once."""

GROUP_HOURS_MAX: Final = 8_760
"""Hours for which a group is open: a year. Nobody waits longer for what is paid."""

CART_COUPONS_MAX: Final = 20
"""Coupons that are tried on one cart. Nobody lays down more, and each may be a guess."""

PRICES_MAX: Final = 100_000
"""Prices of one list: a large shop has so many products. It is read into memory."""

BREAKS_MAX: Final = 100
"""Quantities at which a price changes. Real ones have some five; each is written by hand."""

NAMES_COMPARED_MAX: Final = 1_000
"""Names and sets of a condition with alternatives that are held against each other: some milliseconds."""

AUDIENCE_MAX: Final = 1_000
"""Tiers, groups, channels or regions of one audience; regions of one zone. A cart is held against them."""

SHOPPER_GROUPS_MAX: Final = 1_000
"""Groups of one shopper. They are looked up by the shop, and held against every audience."""

HOURS_MAX: Final = 100
"""Hours of one schedule: fourteen for each day of the week. They are written by hand."""

PRIORITY_MAX: Final = 1_000_000
"""Priority of an offer or a price list, above and below zero. It is written by hand, in steps of ten."""

OFFERS_MAX: Final = 1_000
"""Offers that are valid at once. Each is held against every cart; a large shop has some hundred."""

CANDIDATE_OFFERS_MAX: Final = 12
"""Offers on the same lines among which the best choice is found for sure, if their order is settled."""

CANDIDATE_STEPS_MAX: Final = 2**CANDIDATE_OFFERS_MAX
"""Choices that are tried out among them: all, where orders are settled. It takes a tenth of a second."""

MANY_CANDIDATES_STEPS_MAX: Final = 100
"""Choices that are tried out among more offers than that: a millisecond or two."""

ORDERED_OFFERS_MAX: Final = 6
"""Offers of one priority that are tried out in every order: 1,957 of them with all that are left out."""

QUOTE_MINUTES_MAX: Final = 43_200
"""Minutes for which a quote may be good: thirty days. Prices of longer ago are asked for again."""

# Plans and documents

LEVEL_MAX: Final = 10_000
"""Levels that one component may pay. Real plans pay below 20; a walk of 10,000 is still quick."""

RULES_MAX: Final = 10_000
"""Rules of one component: one per category of a large shop. They are tried in order."""

SMALL_BASE_MINOR: Final = 100
"""What the cheapest thing costs: a rate that pays nothing of it is nothing to doubt, it is so cheap."""

COMPONENTS_MAX: Final = 100
"""Components of one plan. More than a few is unreadable; each is calculated for every line."""

POINTS_MAX: Final = AMOUNT_MINOR_MAX // COMPONENTS_MAX
"""Points of one gift: of all components together they are no more than one amount, which totals rely on."""

CAPS_MAX: Final = 20
"""Caps of one plan. Each has a sum for every earner, or buyer, and period that it was asked for."""

BRACKETS_MAX: Final = 1_000
"""Brackets of one ladder. Real ones have some dozen; each is written by hand."""

GENERATIONS_MAX: Final = 30
"""Generations that one component matches. Real plans pay below 10; each is a column of all members."""

LEG_CAP_PARTS_MAX: Final = 100
"""Legs that a cap may have to cut: with a cap of 1 % a hundred. So many are looked at of each member."""

STEPWISE_STEPS_MAX: Final = 200_000_000
"""Steps from the sales of a period up the tree that a stepwise ladder of teams takes: some minutes."""

ESTIMATE_CASES_MAX: Final = 5_000
"""Uplines that an estimate tries out. Five tiers on five levels are fewer; a small cart takes a second."""

SITUATIONS_MAX: Final = 5_000
"""Situations of a line that the worst case of a plan tells apart. With more it is only estimated."""

WALK_STEPS_MAX: Final = 20_000
"""Steps of walks up a tree in which the worst case of a plan is looked for: a second of one processor."""

ASKED_MAX: Final = 2_500_000
"""Conditions that are asked of situations to find the worst case of a plan: some seconds of one processor."""

DOCUMENT_BYTES_MAX: Final = 1_000_000
"""Bytes of one document. It is parsed in memory, and written by hand."""

DOCUMENT_DEPTH_MAX: Final = 32
"""Levels of nesting in a document. Below the recursion limit of every parser."""

FINDINGS_TOLD_MAX: Final = 100
"""What of a plan that breaks a preset is told in one refusal: the rest is counted."""

PROBLEMS_MAX: Final = 1_000
"""Problems reported of one document or file. Nobody reads more, and a bad file has one per row."""

# Referral

TREE_REVISION_MAX: Final = 2**63 - 1
"""Revision of a tree: one for every change of a member. It fits the BIGINT of every database."""

UPLINE_DEPTH_MAX: Final = 1_000_000
"""Seats above one member. Walks are iterative, so only a cycle in damaged data would be longer."""

FAN_OUT_MAX: Final = 1_000_000
"""Members directly below one sponsor: the house account of a shop sponsors very many."""

BINDING_DAYS_MAX: Final = 3_660
"""Days for which a customer is bound, or protected: ten years. Who means longer means for ever."""

PERSON_MEMBERS_MAX: Final = 1_000
"""Members who are the same person. More are a fingerprint that is none: the network of an office, say."""

FINGERPRINTS_MAX: Final = 100
"""Fingerprints of one member: devices, accounts, numbers. They are compared whenever one is set."""

EVIDENCE_DOCUMENTS_MAX: Final = 20
"""Documents that are handed in with one application. They are read by a person."""

CODE_LENGTH_MIN: Final = 3
"""Characters of a promotion code. Fewer are guessed by trying, and soon all taken."""

CODE_LENGTH_MAX: Final = 32
"""Characters of a promotion code. It is printed, read aloud and typed."""

TOKEN_BYTES_MIN: Final = 10
"""Random bytes of a link token: 80 bits, more than anybody can try."""

TOKEN_BYTES_MAX: Final = 64
"""Random bytes of a link token. More make links that break when they are sent."""
PARAMS_MAX: Final = 100
"""Things that a formula of a plan is told.  More belong into the formula, or into tables of the shop."""

REGION_LENGTH_MAX: Final = 128
"""Characters of a region that somebody is agent of.  An index of any database holds it."""

TIERS_MAX: Final = 100
"""Tiers of one policy. More than ten are hard to tell; each is looked at for every member."""

GRACE_PERIODS_MAX: Final = 1_000
"""Evaluations in a row that may be missed: nineteen years of weeks, which is for ever."""

YEARS_MAX: Final = 1_000
"""Years since somebody joined that a tier may take: nobody waits so long."""

REQUIREMENTS_MAX: Final = 1_000
"""Requirements of all tiers of one policy together. Real policies have some dozen."""

TIER_CASES_MAX: Final = 10_000
"""Cases that are looked at to find tiers that no one can reach. Real policies have some dozen."""

# Ledger, settlement, payout

BLOCK_LEAVES_MAX: Final = 10_000
"""Leaves of one sealed block. A block is hashed in memory, and read again as a whole."""

ACCOUNT_HOLD_DAYS_MAX: Final = 366
"""Days that payouts wait after a payee changed the account. A year is longer than any fraud is noticed in."""

RECONCILED_ROWS_MAX: Final = 1_000_000
"""Rows of one statement of a provider. They are compared in memory."""

# Time

FREEZE_DAYS_MAX: Final = 3_660
"""Days that an accrual may stay frozen: ten years, longer than any warranty."""

PERIOD_DAYS_MAX: Final = 3_660
"""Days of a period that begins every so many days: ten years. Nobody waits longer for a settlement."""

PERIOD_DATES_MAX: Final = 1_000
"""Dates of a list on which periods begin: nineteen years of weeks. It is written by hand."""

INSTANT_MIN: Final = 0
"""First instant, in microseconds since 1970-01-01 UTC. Nothing was sold by software before."""

AT_MAX: Final = 252_000_000_000_000_000
"""Microseconds: the latest instant, in 9955, at which a verb works. A freeze that begins then still ends."""

INSTANT_MAX: Final = 253_370_764_800_000_000
"""End of time (exclusive), in microseconds: 9999-01-01 UTC. A year is left, so that zones and periods fit."""

# Files

ROW_BYTES_MAX: Final = 1_000_000
"""Bytes of one CSV record. A longer one is a missing quote, not a row."""

COLUMNS_MAX: Final = 1_000
"""Columns of one file. The widest export of a shop has some hundred."""

FILE_BYTES_MAX: Final = 4_000_000_000
"""Bytes of one file, once unpacked. It is read in a minute; more is a packed bomb."""

FILE_ROWS_MAX: Final = 10_000_000
"""Lines of one file, blank ones too: twenty for each order. Bounds the time that a bomb of rows takes."""

FILE_FOOTER_BYTES_MAX: Final = 4_000_000
"""Bytes of the footer of a Parquet file: ten million rows in a thousand row groups. It takes seconds."""

FILE_PAGES_MAX: Final = 500_000
"""Pages of a Parquet file. Each is looked at before it is unpacked; with so many that takes seconds."""

PAGES_BYTES_MAX: Final = 64_000_000
"""Bytes of one page of each column of a Parquet file, packed and unpacked: so many are held at once."""

FILE_HELD_BYTES_MAX: Final = 64_000_000
"""Bytes of text that are held of one file at once. What is held in all then stays below 200 MB."""

FILE_ORDERS_MAX: Final = 500_000
"""Orders of one imported file: their ids and rows are counted, and fit into memory."""

FILE_OPEN_LINES_MAX: Final = 50_000
"""Lines held of orders that are not whole yet: a file may be a little unsorted, not shuffled."""

FILE_MEMBERS_MAX: Final = 100_000
"""Rows of one file of members or agents: those they rest on may come after them, so all are held at once."""

FILE_CREDITS_MAX: Final = 1_000_000
"""Rows of one file of credits, a number for each member: all are held at once."""

FILE_CORRECTIONS_MAX: Final = 150_000
"""Rows of one file of refunds, prices or cancellations: posted by instant, so all are held at once."""

FILE_PRODUCTS_MAX: Final = 100_000
"""Rows of one file of products, or of prices: all are held at once, as many as one price list may have."""

FILE_DECISIONS_MAX: Final = 150_000
"""Rows of one file of opening balances, adjustments or results of payouts: all are held at once."""
