"""What may be set, from the environment. Every problem is reported at once, with its remedy."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "INTAKE_"
LEAST_TOKEN = 16


class SettingsError(Exception):
    """Settings that cannot be used. `problems` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """`docs/intake.md` has the table with meanings and defaults."""

    data_dir: Path
    database_url: str = field(repr=False)  # may hold a password
    host: str
    port: int
    public_url: str
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    callback_url: str
    area: str
    key_file: Path
    sample: bool = False  # a demo (serve --demo): documents are marked 样本

    @property
    def secure(self) -> bool:
        """Browsers reach us by https, so cookies may insist on it."""
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str]) -> Settings:
    """Raises: SettingsError, naming every setting that is wrong."""
    problems: list[str] = []
    data_dir = Path(environ.get("INTAKE_DATA_DIR") or "var/intake").absolute()
    port = _port(environ.get("INTAKE_PORT") or "8090", problems)
    area = environ.get("INTAKE_AREA") or "CS"
    if not re.fullmatch("[A-Z]{1,6}", area):
        problems.append("INTAKE_AREA must be 1 to 6 capital letters, such as CS.")
    callback_url = environ.get("INTAKE_CALLBACK_URL", "")
    if callback_url and not re.match("https?://[^/]", callback_url):
        problems.append("INTAKE_CALLBACK_URL must be an http or https address.")
    secret = _secret(environ, "WEBHOOK_SECRET", problems)
    if callback_url or secret:
        _check_secret(secret, problems)
    token = _secret(environ, "TOKEN", problems)
    if len(token) < LEAST_TOKEN:
        problems.append(f"INTAKE_TOKEN must have at least {LEAST_TOKEN} characters: {_example()}")
    if problems:
        raise SettingsError(problems)
    return Settings(
        data_dir=data_dir,
        database_url=environ.get("INTAKE_DATABASE_URL") or f"sqlite:///{data_dir / 'intake.sqlite3'}",
        host=environ.get("INTAKE_HOST") or "127.0.0.1",
        port=port,
        public_url=(environ.get("INTAKE_PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
        token=token,
        webhook_secret=secret,
        callback_url=callback_url,
        area=area,
        key_file=Path(environ.get("INTAKE_KEY_FILE") or data_dir / "intake.keys").absolute(),
    )


def _port(text: str, problems: list[str]) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65536:
        return int(text)
    problems.append("INTAKE_PORT must be a number from 0 to 65535.")
    return 0


def _secret(environ: Mapping[str, str], name: str, problems: list[str]) -> str:
    """The value of INTAKE_<name>, or the content of the file that INTAKE_<name>_FILE names."""
    file = environ.get(f"{PREFIX}{name}_FILE")
    if not file:
        return environ.get(f"{PREFIX}{name}", "")
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        problems.append(f"{PREFIX}{name}_FILE cannot be read: {error.strerror}.")
        return ""


def _check_secret(secret: str, problems: list[str]) -> None:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < LEAST_TOKEN:
        problems.append(
            f"INTAKE_WEBHOOK_SECRET must be whsec_ and at least {LEAST_TOKEN} bytes in base64: "
            f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()} is a fresh one."
        )


def _example() -> str:
    return f"{secrets.token_urlsafe(24)} is a fresh one."
