"""distcore: commission for shops, exact, reversible and explained.

Import what you need from its rooms: `distcore.engine` has the verbs, `distcore.commission`,
`distcore.referral` and `distcore.kernel` the nouns, `distcore.memory` a store, `distcore.codec` reads
documents, `distcore.testing` is for your tests.  This module imports none of them.
"""

from typing import Final

__all__ = ["__version__"]

__version__: Final = "0.1.0"
