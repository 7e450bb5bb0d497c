"""A store of one's own, over keys and values: see the README beside it."""

from key_value_store.store import KeyValueStore

__all__ = ["KeyValueStore"]
