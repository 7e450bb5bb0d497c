"""The tables of the shop, and those of distcore."""
