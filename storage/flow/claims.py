"""The statements around every message in the outbox, put together once.

SQLAlchemy needs ten times as long to put one of these together as the database to carry it out.
"""

from __future__ import annotations

from sqlalchemy import (
    Integer,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
    update,
)

from storage.schema import ASIDE, TODO, applicants, conversations, outbox

# `doubts` counts tries whose end nobody saw. From these numbers on more is known of the last of them:
RESTED = 100  # it was waited out; he did not write
ANSWERED = 200  # he has written since

READ = (  # what `opened` needs
    "id", "fence", "conversation", "kind", "key", "payload", "attempts", "due_at", "created_at", "cause",
    "place", "parts", "doubts",
)  # fmt: skip

_columns, _earlier = outbox.c, outbox.alias()
_is_held, _now = _columns.state == "held", bindparam("now", type_=_columns.due_at.type)
_free = or_(_columns.lease_until.is_(None), _columns.lease_until <= _now)
_first = ~exists().where(
    _earlier.c.lane == _columns.lane,
    _earlier.c.state == literal_column("'todo'"),
    _earlier.c.place < _columns.place,
)
_due = (
    select(_columns.id)
    .where(TODO, _columns.due_at <= _now, _free, _first)
    .order_by(_columns.due_at, _columns.place)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
# `doubts` goes back to 0 when the try ends before somebody's eyes.
_hold = (
    update(outbox)
    .values(
        lease_until=bindparam("until"),
        attempts=_columns.attempts + 1,
        fence=_columns.fence + 1,
        doubts=_columns.doubts + 1,
        worker=bindparam("holder"),
    )
    .returning(*(_columns[name] for name in READ))
)
CLAIM = _hold.where(_columns.id.in_(_due.scalar_subquery()))
_of_kinds = _due.where(_columns.kind.in_(bindparam("kinds", expanding=True)))
CLAIM_KINDS = _hold.where(_columns.id.in_(_of_kinds.scalar_subquery()))
HOLD = _hold.where(_columns.id.in_(bindparam("ids", expanding=True)))
# The try that held them, or marked them as said, is known to have failed: it leaves no further doubt.
RESUME = HOLD.values(state="todo", done_at=None, doubts=_columns.doubts)
WAITING = (
    select(_columns.id, _columns.due_at, _columns.lease_until)
    .where(_columns.lane == bindparam("lane"), TODO)
    .order_by(_columns.place)
    .with_for_update()
)
_back = update(outbox).where(ASIDE, _is_held)
RIPEN = _back.where(_columns.due_at <= _now).values(state="todo", attempts=0)
BRING_BACK = _back.where(
    _columns.conversation == bindparam("of"), _columns.lane == bindparam("lane_of")
).values(state="todo", attempts=0, due_at=_now)
KEPT = select(_columns.id, _columns.payload).where(
    ASIDE, _is_held, _columns.conversation == bindparam("of"), _columns.lane == bindparam("lane_of")
)
RELEASE = _back.where(_columns.conversation.in_(bindparam("of", expanding=True))).values(
    state="todo",
    due_at=bindparam("due"),
    attempts=0,
    doubts=case((_columns.doubts > 0, ANSWERED), else_=0),
)
ANSWER = (
    update(outbox)
    .where(TODO, _columns.lane.in_(bindparam("lanes", expanding=True)), _columns.doubts > 0, _free)
    .values(due_at=bindparam("due"), doubts=ANSWERED, lease_until=None)
)
# The platform was busy when they were tried last; his call takes them along, whatever the platform asked for.
SOONER = (
    update(outbox)
    .where(TODO, _columns.lane.in_(bindparam("lanes", expanding=True)), _columns.doubts == 0, _free)
    .where(_columns.due_at > bindparam("due"))
    .values(due_at=bindparam("due"))
)
OWNERS = (
    select(
        conversations.c.id, conversations.c.channel, conversations.c.account, conversations.c.user_id,
        conversations.c.applicant, applicants.c.wrapped_key,
    )
    .join(applicants, applicants.c.id == conversations.c.applicant)
    .where(conversations.c.id.in_(bindparam("ids", expanding=True)), applicants.c.wrapped_key.is_not(None))
)  # fmt: skip
