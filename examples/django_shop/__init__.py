"""A small shop on Django whose orders pay commission, in one transaction with the shop's own tables."""
