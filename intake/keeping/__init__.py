"""The tables, one transaction at a time, and sealing at rest."""
