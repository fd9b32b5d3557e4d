"""好差评: marks, what follows a bad one, and what is reported of them.

A mark is 1 (very satisfied) to 5 (very dissatisfied), GB/T 39046 A.8: never stars, which run the other way.
Silence is no mark. 4 and 5 open a follow-up.
"""
