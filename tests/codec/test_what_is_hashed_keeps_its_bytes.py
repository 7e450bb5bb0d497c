"""Documents that mean the same have the same hash in every version: keys and plans are compared by it."""

from typing import Final

import pytest
from tests.codec.meanings import MEANINGS

from distcore.kernel import digest

HASHES: Final = {
    "commission-plan-1-everything": "9240ef9d2fb5527fd7502305dd5b54f8",
    "commission-plan-1-components": "68d9ff5a4828c4a3098e62a31dcc35eb",
    "commission-plan-1-least": "4aee126037345e2840fd2169dd346e55",
    "commission-plan-1-dinars": "08398a1a6e15d4e68909648b42a5e864",
    "settlement-policy-1-everything": "5e0ff6d05f8bf964077e64ef2c87765a",
    "settlement-policy-1-least": "ebc031b7da7ecdcb7907e4193b61b73e",
    "settlement-policy-1-every-days": "c80616294acfc2142f5e42aae00b78c7",
    "settlement-policy-1-on-dates": "dc682589ffc67f668b3315cf6acd2ff9",
    "settlement-policy-1-none": "f476e49c49dd27870ab1fad6f4eb6578",
    "shop-policy-1-everything": "4c81fa5dc4c484edd6b4c26b4b280d74",
    "shop-policy-1-least": "e75a0122aed6f1eaced6f6e85ee1d717",
    "shop-policy-1-last-touch": "3b1eeb16ef967081e6b7c11d609cbd59",
    "shop-policy-1-first-touch-for-days": "bd72c239c9b7fbde9af207bccf28c844",
    "shop-policy-1-protected": "e3dfc925d2b18c9f4937e8abf9c3e876",
    "shop-policy-1-preset": "264d4b6989052e1e431794f2a77ccffd",
    "commission-plan-1-gifts": "6366476b02e600c1a9d048459619bc6d",
    "commission-plan-1-customs": "e23264d51539464bc2456bdc8b189f1f",
    "commission-plan-1-agents": "05e1601aac8668b6462774e69c6ff0f4",
    "commission-plan-1-periods": "6f595c241c53744fcd0ea36d1085daf6",
    "commission-plan-1-points": "16cdb6ec55846a95ab03c1e62aba9f98",
    "tier-policy-1-everything": "b773ec086d760ad92757934b4337def9",
    "tier-policy-1-least": "e3d7d85ca31dc88963d28503a32ddcee",
}
"""If one of these changes, what shops have stored under a key is refused: a new field goes to the end."""


@pytest.mark.parametrize("name", MEANINGS)
def test_a_document_has_the_hash_of_every_version(name: str) -> None:
    assert digest(MEANINGS[name]).hex() == HASHES[name]
