"""A small shop on FastAPI whose orders pay commission, in one transaction with the shop's own tables."""
