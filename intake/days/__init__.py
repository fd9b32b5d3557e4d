"""Which days offices work, and when a promise falls due."""
