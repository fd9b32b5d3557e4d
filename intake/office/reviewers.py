"""Who may review: accounts, invitations, sessions, and the log of who looked at what."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, delete, func, insert, or_, select, update

from intake.keeping.schema import hands, invitations, looks, reviewers, sessions
from intake.keeping.unit import Unit
from intake.problems import Problem

LEAST_PASSWORD, MOST_PASSWORD = 12, 200
MOST_NAME = 40
IDLE = timedelta(minutes=30)
TOTAL = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)  # not every request needs to write
INVITATION = timedelta(hours=24)

_hasher = PasswordHasher()  # argon2id at the library's defaults: 64 MiB, so callers use a thread


@dataclass(frozen=True, slots=True)
class Session:
    """role: reviewer, who works on cases; supervisor, who watches over them (受审分离); or data_officer, who
    answers what his department is asked and sees no case.
    """

    reviewer: str
    csrf: str
    role: str = "reviewer"
    department: str = ""


def invite(unit: Unit, role: str = "reviewer", department: str = "") -> str:
    """A code that makes one reviewer, supervisor or data officer, once, within a day.

    Earlier codes stop working.
    """
    code = secrets.token_urlsafe(18)
    unit.connection.execute(delete(invitations).where(invitations.c.used_at.is_(None)))
    unit.connection.execute(
        insert(invitations).values(
            code_hash=_hash(code), expires_at=unit.now + INVITATION, role=role, department=department
        )
    )
    return code


def is_empty(unit: Unit) -> bool:
    return not unit.connection.execute(select(func.count()).select_from(reviewers)).scalar_one()


def hash_password(password: str, name: str) -> str:
    """Slow on purpose. Raises: Problem 422 when the password is too weak."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise _weak(f"密码要有{LEAST_PASSWORD}到{MOST_PASSWORD}个字。")
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise _weak("这个密码太容易猜。不要重复同一个字，也不要含名字。")
    return _hasher.hash(password)


def check_password(known: str | None, password: str) -> bool:
    """Slow on purpose, and as slow when there is no such reviewer."""
    nobody = _nobody()
    try:
        return _hasher.verify(known or nobody, password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Return what stands in for a password of nobody; made for the first who signs in, not at each start."""
    return _hasher.hash(secrets.token_urlsafe(16))


def add(unit: Unit, code: str, name: str, password_hash: str) -> None:
    """Make a reviewer with an invitation. Raises: Problem 403 for the code, 409 for the name."""
    use = update(invitations).where(
        invitations.c.code_hash == _hash(code),
        invitations.c.used_at.is_(None),
        invitations.c.expires_at > unit.now,
    )
    if not unit.connection.execute(use.values(used_at=unit.now)).rowcount:
        raise Problem(403, "code", "This code is used, too old or wrong.", "这个登录码已失效，请重新生成。")
    if password_hash_of(unit, name) is not None:
        raise Problem(
            409, "taken", "There is a reviewer of this name.", "这个名字已经有人用了。", field="name"
        )
    asked = select(invitations.c.role, invitations.c.department)
    given = unit.connection.execute(asked.where(invitations.c.code_hash == _hash(code))).one()
    unit.connection.execute(
        insert(reviewers).values(
            name=name,
            password_hash=password_hash,
            created_at=unit.now,
            role=given.role,
            department=given.department,
        )
    )


def password_hash_of(unit: Unit, name: str) -> str | None:
    query = select(reviewers.c.password_hash).where(reviewers.c.name == name)
    return unit.connection.execute(query).scalar_one_or_none()


def open_session(unit: Unit, reviewer: str) -> tuple[str, Session]:
    """A fresh session: its token for the cookie, and what it stands for."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    unit.connection.execute(
        insert(sessions).values(
            token_hash=_hash(token), reviewer=reviewer, csrf=csrf, opened_at=unit.now, seen_at=unit.now
        )
    )
    over = or_(sessions.c.seen_at < unit.now - IDLE, sessions.c.opened_at < unit.now - TOTAL)
    unit.connection.execute(delete(sessions).where(over))
    known = select(reviewers.c.role, reviewers.c.department).where(reviewers.c.name == reviewer)
    who = unit.connection.execute(known).one()
    return token, Session(reviewer, csrf, who.role, who.department)


def find_session(unit: Unit, token: str) -> tuple[Session, bool] | None:
    """The live session of `token`, and whether it should be touched; None when it is over."""
    query = (
        select(sessions, reviewers.c.role, reviewers.c.department)
        .join(reviewers, reviewers.c.name == sessions.c.reviewer)
        .where(sessions.c.token_hash == _hash(token))
    )
    row: Row[Any] | None = unit.connection.execute(query).one_or_none()
    if row is None or unit.now - row.seen_at > IDLE or unit.now - row.opened_at > TOTAL:
        return None
    return Session(row.reviewer, row.csrf, row.role, row.department), unit.now - row.seen_at > SEEN_EVERY


def touch_session(unit: Unit, token: str) -> None:
    unit.connection.execute(
        update(sessions).where(sessions.c.token_hash == _hash(token)).values(seen_at=unit.now)
    )


def close_session(unit: Unit, token: str) -> None:
    unit.connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))


def lend_hand(unit: Unit, number: str, session: Session) -> None:
    """Note that somebody works on a case in his role. Raises: Problem 423 when he was in another before."""
    mine = hands.c.number == number, hands.c.name == session.reviewer
    role = unit.connection.execute(select(hands.c.role).where(*mine)).scalar()
    if role is None:
        unit.connection.execute(insert(hands).values(number=number, name=session.reviewer, role=session.role))
    elif role != session.role:
        raise Problem(
            423,
            "other-role",
            "Who works on a case does not supervise it, and the other way round.",
            "办件和监督不能是同一个人。请换一位同事。",
        )


def note_look(unit: Unit, reviewer: str, number: str, what: str) -> None:
    """Keep that `reviewer` saw `what`, in the transaction that shows it to him."""
    n = unit.count("looks")
    before = unit.connection.execute(select(looks.c.hash).where(looks.c.n == n - 1)).scalar() or ""
    line = _look_hash(before, n, unit.now.isoformat(), reviewer, number, what)
    unit.connection.execute(
        insert(looks).values(n=n, at=unit.now, reviewer=reviewer, number=number, what=what, hash=line)
    )


def broken_look(unit: Unit) -> int | None:
    """The first entry of the log that was altered, or follows a missing one; None when all is well."""
    before, last = "", 0
    for row in unit.connection.execute(select(looks).order_by(looks.c.n)):
        line = _look_hash(before, row.n, row.at.isoformat(), row.reviewer, row.number, row.what)
        if row.n != last + 1 or line != row.hash:
            return int(row.n)
        before, last = row.hash, row.n
    return None


def _look_hash(before: str, *fields: object) -> str:
    return _hash("\n".join([before, *(str(field) for field in fields)]))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _weak(message: str) -> Problem:
    return Problem(422, "password", "The password is too weak.", message, field="password")
