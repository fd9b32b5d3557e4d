"""What has been handed in, and how it goes: news from the intake service in plain words.

requests     what the office wants for it still: told, and reminded of; asked: as it is kept
supplement   asking for that, slot by slot; giving: handing it in; supplied: what became of it
calls        what he may do about it from anywhere; buttons; again: 再申请
handing_in   it has a number, it waits, it was not taken
news, telling each event of the intake service, in its order; reports: what each of them means
card         the receipt, and how far each case is
packages     several handed in at once: how all of them stand
withdrawing  taking back what is undecided
followed     its villager has taken it over: his agent still hears of it
documents    what the office has put in writing
rating       the mark, when it is over
book         a case's record in the session, changed in one place

A case is kept in the session under its reference:

    service, script   what it was, and by which version
    child, package    of a package: which part of it, and the reference they share; "" for a whole service
    number            the intake service's number; "" until it has one
    state             "sending", "delayed", then the intake service's own states
    seq               the last event heard; older ones are ignored, a gap is fetched
    at                state -> day it was reached ("YYYY-MM-DD")
    due               last day of the promise now running ("YYYY-MM-DD"), "" when none runs
    rating            "", "asked", or the code given, "1" (very satisfied) to "5"
    provisional       that day's calendar is not announced yet (暂定)
    ask               what is wanted of him still (see asked), None when nothing is
    supplies          how often he has handed in more; stage: what the office called the present one
    parcel            {carrier, tracking_no} of what was sent to him
    documents         file -> what the office has put in writing (cases/documents.py)
    answers, files    what was handed in, and all its photos, until the promised time for keeping them is over
    phone, tail       where a text message reaches who applies (E.164), and the last four of his identity
                      number, by which he can ask for it elsewhere; "" when not given, or no longer kept
    agent, villager   who handed it in for whom (engine/villagers.py), {} and "" for his own; passes_on: he
                      has been asked to tell him the news; villager_tail: `tail` of whom it is for
    taken, through    the villager goes on with it himself (engine/takeover.py): True where it is only
                      followed since, and in his own chat the agent, {name, village}
    ended             when it ended (ISO 8601), "" while it runs
"""
