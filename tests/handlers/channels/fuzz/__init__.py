"""Broken calls of each webhook: `python -m tests.handlers.channels.fuzz --requests 1000000 --seed 1`.

Calls as platforms make them are broken at random: in their query, their headers, their envelope and,
signed anew, in what is sealed inside. A call is either taken or refused with a reason; anything else that
is raised, and any answer of 5xx, ends the run.

wechat, dingtalk, telegram, texts   how calls are broken, and what came of one
targets                             which there are
web                                 the same calls to the real handlers, over HTTP, before a real database
"""
