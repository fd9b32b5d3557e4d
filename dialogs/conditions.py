"""`when:` conditions: CEL, typed against the declared answers and bounded. To be written."""
