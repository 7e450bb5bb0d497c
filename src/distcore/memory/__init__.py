"""A store in memory: a product for tests, simulations and small shops, not a test helper."""

from distcore.memory.store import MemoryStore, MemoryTransaction

__all__ = ["MemoryStore", "MemoryTransaction"]
