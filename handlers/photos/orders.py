"""What a sandboxed process can be asked for: one byte before each frame (worker.py, sandbox.py)."""

PHOTO = b"F"  # decode and measure
PAGE = b"P"  # draw the first page of a PDF
PROBE = b"?"  # try the walls
