"""The embedded intake service: for a county that has none yet, and the reference for `openapi.yaml`.

It is an application of its own: its own tables, its own process, reached only over HTTP. It imports
nothing of the bot, and the bot imports nothing of it.

    /v1/…       what a bot calls                 api.py             the contract
    /review/…   what a reviewer's browser calls  office/review.py
    callbacks   what the bot is told             callbacks.py       signed, durable, in order

Every change of an application is a row of the table in `states/`; `cases/moves.py` carries it out in one
transaction together with its events and their callbacks.

    states/     the table, a file for each phase      cases/      what a row does: guards, steps, events
    days/       calendars, clocks, promises           office/     reviewers, what they see, alerts
    documents/  what is put into writing              lookups/    asking another department
    ratings/    marks and their follow-up             exports/    the national exchange tables
    keeping/    tables, transactions, sealing
"""
