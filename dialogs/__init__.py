"""The rules of a conversation: pure, no I/O, no clock, no randomness.

A script and a session go in with an event, a new session and effects come out:

    advance(world, session, event) -> Turn

Nothing here has heard of HTTP, SQL, the network or the time of day; the caller brings
`now` inside the World and commits what the Turn says.
"""
