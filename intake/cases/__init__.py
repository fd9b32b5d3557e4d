"""A pre-application from its first page to its last day: what may be done to it, and what that does."""
