"""${message}

Before deploy: say here what old code does on these tables.
"""

import sqlalchemy as sa
from alembic import op

from storage.schema import UtcDateTime

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
