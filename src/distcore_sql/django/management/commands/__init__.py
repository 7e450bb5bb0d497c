"""The commands of `manage.py`, one a module, each of its name."""
