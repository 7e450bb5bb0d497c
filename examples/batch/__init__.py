"""A nightly job: import what was sold, complete, release, and close the months that are over."""
