"""What any channel must do, whatever its platform: one set of tests, driven by a table of cases per channel.

case    what a channel brings: its platform's fake, its faults, its forgeries
cases   which channels there are
desk    our side put together around it: webhook, database, worker
calls   the platform's calls of our webhook, recorded

wechat, telegram, dingtalk   the tables
kiosk, halls                 the shortest channel there is, as an example; its platform and its table

test_taking    what comes: known when it comes again, in order, refused when forged, kindly answered
test_saying    what leaves: within the platform's limits, in order, and what becomes of each failure
test_fetching  photos: whole, bounded, asked for again
test_tables    every channel has a table, and every table every class of failure
"""
