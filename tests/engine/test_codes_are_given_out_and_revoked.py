"""A code is given out once, to an active member, and stands for nobody once it is revoked."""

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import (
    InputError,
    MemberId,
    limits,
    secret_hash,
)
from distcore.memory import MemoryStore
from distcore.referral import (
    CodeKind,
    State,
    link_token,
)
from distcore.testing.builders import Shop, a_member, day

BITS = bytes(range(limits.TOKEN_BYTES_MIN))


@pytest.fixture
def shop() -> Shop:
    shop = Shop.open(MemoryStore("shop"), None, [a_member("ann"), a_member("sue")])
    shop.do(engine.set_state, "sue", State.SUSPENDED, at=day(2))
    return shop


def test_a_code_is_given_out_in_its_canonical_form(shop: Shop) -> None:
    code = shop.do(engine.issue_code, "ann", " spring-24", at=day(3), actor="desk")
    assert (code.kind, code.ref, code.owner) == (CodeKind.SHORT, "SPRING-24", "ann")
    assert (code.valid_from, code.valid_until, code.issued_at) == (day(3), None, day(3))
    with shop.store.begin() as tx:
        assert list(tx.promotion_codes.of_owner(MemberId("ann"))) == [code]


def test_a_link_is_kept_as_a_hash(shop: Shop) -> None:
    code = shop.do(engine.issue_link, "ann", BITS, at=day(3), valid_from=day(4), valid_until=day(5))
    assert (code.kind, code.ref) == (CodeKind.LINK, secret_hash(link_token(BITS)))
    assert (code.valid_from, code.valid_until) == (day(4), day(5))
    assert link_token(BITS) not in shop.dump()


def test_a_code_is_given_out_once_even_after_it_was_revoked(shop: Shop) -> None:
    shop.do(engine.issue_code, "ann", "spring", at=day(3))
    shop.do(engine.issue_link, "ann", BITS, at=day(3))
    before = shop.dump()
    assert shop.refused(engine.issue_code, "ann", "SPRING", at=day(3)) == "code_exists"
    assert shop.refused(engine.issue_link, "ann", BITS, at=day(3)) == "code_exists"
    assert shop.dump() == before
    shop.do(engine.revoke_code, CodeKind.SHORT, "Spring", at=day(4))
    assert shop.refused(engine.issue_code, "ann", "spring", at=day(5)) == "code_exists"


def test_only_active_members_have_codes(shop: Shop) -> None:
    before = shop.dump()
    assert shop.refused(engine.issue_code, "nobody", "spring", at=day(3)) == "member_unknown"
    assert shop.refused(engine.issue_link, "sue", BITS, at=day(3)) == "owner_not_active"
    assert shop.dump() == before


def test_a_code_is_revoked_once(shop: Shop) -> None:
    code = shop.do(engine.issue_code, "ann", "spring", at=day(3))
    assert shop.do(engine.revoke_code, CodeKind.SHORT, "spring", at=day(4), key="r") == evolve(
        code, revoked_at=day(4)
    )
    before = shop.dump()
    assert shop.do(engine.revoke_code, CodeKind.SHORT, "spring", at=day(9), key="r").revoked_at == day(4)
    assert shop.refused(engine.revoke_code, CodeKind.SHORT, "spring", at=day(5)) == "code_revoked"
    assert shop.refused(engine.revoke_code, CodeKind.LINK, "spring", at=day(5)) == "code_unknown"
    assert shop.refused(engine.revoke_code, CodeKind.LINK, "spring", key="r") == "key_reused"
    assert shop.dump() == before


def test_again_under_its_key_a_code_is_the_first_one(shop: Shop) -> None:
    code = shop.do(engine.issue_code, "ann", "spring", at=day(3), key="k")
    shop.do(engine.revoke_code, CodeKind.SHORT, "spring", at=day(4))
    before = shop.dump()
    assert shop.do(engine.issue_code, "ann", "Spring", at=day(9), actor="another", key="k") == code
    assert shop.refused(engine.issue_code, "ann", "autumn", at=day(9), key="k") == "key_reused"
    assert shop.dump() == before


def test_again_under_its_key_a_code_that_has_expired_is_the_first_one_too(shop: Shop) -> None:
    code = shop.do(engine.issue_link, "ann", BITS, at=day(3), key="k", valid_until=day(5))
    assert shop.do(engine.issue_link, "ann", BITS, at=day(9), key="k", valid_until=day(5)) == code


@pytest.mark.parametrize("until", [day(3), day(2)])
def test_a_code_is_valid_for_a_while(shop: Shop, until: object) -> None:
    with pytest.raises(InputError) as raised:
        shop.do(engine.issue_code, "ann", "spring", at=day(3), valid_until=until)
    assert [str(each) for each in raised.value.problems] == [
        "valid_until: is not after valid_from (leave it out for no end)"
    ]


@pytest.mark.parametrize(
    ("verb", "args", "places"),
    [
        (engine.issue_code, ("", "x"), ["owner", "code"]),
        (engine.issue_link, ("\0", bytes(9)), ["owner", "bits"]),
        (engine.issue_link, ("ann", "secret words"), ["bits"]),
        (engine.revoke_code, ("short", ""), ["kind", "ref"]),
    ],
)
def test_what_is_malformed_has_places(shop: Shop, verb: object, args: object, places: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        shop.do(verb, *args)  # type: ignore[arg-type, misc]
    assert [each.where for each in raised.value.problems] == places
    assert "secret" not in str(raised.value)
