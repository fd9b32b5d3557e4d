"""How long a test waits for what must come: machines that run tests are busy, and who waits loses nothing."""

PATIENCE = 60.0  # seconds
BUSY = 503  # the product wants to be asked again, as pages and platforms do
