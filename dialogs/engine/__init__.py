"""The conversation as arithmetic: advance(world, session, event) -> Turn.

dispatch             from an event to whoever has the floor
arriving, handover   how somebody comes in: by a poster, a word, a code from another app
stations, papers     what the road asks: questions, consent, photos, the read-back
browsing             how somebody finds what he wants; guides, before anything is asked
asides, errands      what is beside the road; what commands do
erasing, guardian    how a person is forgotten on his word; who agrees for a child
profile              what he lets us remember from one errand to the next
notice, application  what is told once; what is handed in
cases, keeping       what was handed in, how it goes, and the mark; what is forgotten, and when
flow, talk           keeping answers and the place; one turn in the making
"""

from dialogs.engine.dispatch import advance

__all__ = ["advance"]
