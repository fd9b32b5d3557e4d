"""What changes for whom between two versions of a script, in citizens' terms.

    found = compare(old, new, today)      12 of 96 situations change ...
    lines = told(found, "zh-CN")          户口在常山吗：不在；交过几年：10年以上（12种）：现在要居住证。

No text is compared with a text here but where people read it. Both versions are walked with the same answers,
for everybody who can come (`fates`); those for whom the same thing changes are one group, and a group is
named by the fewest answers that tell it from everybody else (`groups`).
"""

from dialogs.compare.changes import Change, Comparison, compare
from dialogs.compare.fates import TooMany
from dialogs.compare.words import told

__all__ = ["Change", "Comparison", "TooMany", "compare", "told"]
