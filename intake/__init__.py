"""The embedded intake service: for a county that has none yet, and the reference for `openapi.yaml`.

It is an application of its own: its own tables, its own process, reached only over HTTP. It imports
nothing of the bot, and the bot imports nothing of it.

    /v1/…       what a bot calls                 api.py        the contract
    /review/…   what a reviewer's browser calls  review.py
    callbacks   what the bot is told             callbacks.py  signed, durable, in order

Every change of an application is a row of the table in `states.py`; `applications.py` carries it out in one
transaction together with its events and their callbacks.
"""
