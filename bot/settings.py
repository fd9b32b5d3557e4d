"""Every setting, in one frozen table: name, type, default, help.

The environment (`ZEROTRIP_<NAME>`) goes before the settings file, the file before the default.
A secret may be named as a file instead: `ZEROTRIP_INTAKE_TOKEN_FILE=/run/secrets/intake`.
`load` reports every problem in one go, each with its remedy. The rest of the product is given
values, never this table.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "ZEROTRIP_"
SETTINGS_FILE = PREFIX + "SETTINGS_FILE"

# What people leave in when they copy an example. Starting with such a secret would be a trap.
PLACEHOLDERS = re.compile(r"(?i)^(change.?me|secret|password|token|test|example|todo|x{3,}|<.*>|\$\{.*\})$")

# What must be set beside a setting that switches something on.
TOGETHER = {
    "intake_url": ("intake_token", "intake_webhook_secret"),
    "wechat_app_id": ("wechat_app_secret", "wechat_token", "wechat_aes_key"),
    "telegram_token": ("telegram_secret",),
    "dingtalk_app_key": ("dingtalk_app_secret", "dingtalk_aes_key", "dingtalk_token"),
    "dingtalk_clerks_url": ("dingtalk_clerks_secret",),
    "sms_url": ("sms_secret",),
}

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in for a secret whose file could not be read, so that it is reported with the rest."""

    reason: str


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*", value)
    if not found:
        raise ValueError('is no duration. Write a number and a unit: "500ms", "30s", "5m", "2h" or "7d"')
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def _size(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+)\s*([kmg]i?b)?\s*", value.lower())
    if not found:
        raise ValueError('is no size. Write bytes or a number and a unit: "10MB", "512KiB"')
    return int(found[1]) * _SIZES[found[2] or ""]


def _networks(value: object) -> object:
    parts = value.replace(",", " ").split() if isinstance(value, str) else value
    try:
        return tuple(ip_network(part) for part in parts)  # type: ignore[attr-defined]  # a str or the default
    except ValueError as fault:
        raise ValueError(f'is no list of addresses ({fault}). Write "10.0.0.5, 10.1.0.0/24"') from fault


def _address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("is no web address. Write https://host or http://host:port")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must be a plain address: no user, no ?query, no #fragment")
    return value.rstrip("/")


def _secret(value: object) -> object:
    if isinstance(value, Unreadable):
        raise ValueError(value.reason)
    if isinstance(value, str) and PLACEHOLDERS.match(value.strip()):
        raise ValueError("is still the placeholder of an example. Make a real one: openssl rand -base64 32")
    return value


def _webhook_secret(value: SecretStr) -> SecretStr:
    from handlers.signed import signing_key  # here: `zerotrip --help` need not load aiohttp

    if value.get_secret_value():
        try:
            signing_key(value.get_secret_value())
        except ValueError as fault:
            hint = 'Make one: echo "whsec_$(openssl rand -base64 32)"'
            raise ValueError(f"is not usable: {fault}. {hint}") from fault
    return value


def _aes_key(value: SecretStr) -> SecretStr:
    if value.get_secret_value():
        from handlers.channels.wechat.account import key_bytes  # here: as above

        key_bytes(value.get_secret_value())
    return value


def _form(value: str) -> str:
    if value:
        from handlers.channels.wechat.account import form_of  # here: as above

        form_of(value)
    return value


def _proof(value: str) -> str:
    from handlers.channels.wechat.account import proof_of  # here: as above

    proof_of(value)
    return value


def _telegram_token(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not re.fullmatch(r"[0-9]+:[\w-]+", value.get_secret_value(), re.ASCII):
        raise ValueError("is no bot token. Copy it from BotFather: a number, a colon, letters and digits")
    return value


def _telegram_secret(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not re.fullmatch(r"[\w-]{32,256}", value.get_secret_value(), re.ASCII):
        raise ValueError("must be 32 to 256 of A-Z a-z 0-9 _ -. Make one: openssl rand -hex 32")
    return value


def _database(value: str) -> str:
    if value and not re.match(r"(sqlite|postgresql)(\+\w+)?://", value):
        raise ValueError("names neither SQLite (sqlite:///file) nor PostgreSQL (postgresql://user@host/name)")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(0))]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
WebAddress = Annotated[str, AfterValidator(_address)]
Secret = Annotated[SecretStr, BeforeValidator(_secret)]
WebhookSecret = Annotated[SecretStr, BeforeValidator(_secret), AfterValidator(_webhook_secret)]
AesKey = Annotated[SecretStr, BeforeValidator(_secret), AfterValidator(_aes_key)]
Template = Annotated[str, AfterValidator(_form)]
DomainProof = Annotated[str, AfterValidator(_proof)]
TelegramToken = Annotated[SecretStr, BeforeValidator(_secret), AfterValidator(_telegram_token)]
TelegramSecret = Annotated[SecretStr, BeforeValidator(_secret), AfterValidator(_telegram_secret)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]


def setting(default: Any, about: str, **limits: Any) -> Any:
    """Return a row of the table. The help is a sentence an operator can act on."""
    return Field(default, description=about, validate_default=True, **limits)


class Settings(BaseSettings):
    """The table. docs/settings.md lists the same rows; a test keeps the two equal."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    # Where it lives
    data_dir: Path = setting("var", "Folder of the embedded database, photos and keys; made when missing")
    database_url: DatabaseUrl = setting(
        "", "sqlite:///file or postgresql://user:password@host/name; empty: SQLite in DATA_DIR"
    )
    master_key_file: Path | None = setting(
        None, "The key ring that opens personal data; empty: master.key in DATA_DIR, made on the first run"
    )

    # How it is reached
    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 behind a reverse proxy")
    port: int = setting(8080, "Port to listen on; 0 takes a free one", ge=0, le=65535)
    public_url: WebAddress = setting(
        "", "How browsers reach us, such as https://bot.example.gov.cn; empty: http://127.0.0.1:PORT"
    )
    trusted_proxies: Networks = setting(
        (), "Reverse proxies whose X-Forwarded-For is believed, such as 10.0.0.5, 10.1.0.0/24"
    )
    requests_per_second: float = setting(
        50, "Requests per second one address may make on average; many phones share one; 0: no limit", ge=0
    )
    connections_per_address: int = setting(
        200, "Open connections one address may hold; many phones share one; 0: no limit", ge=0
    )

    # The intake service
    intake_url: WebAddress = setting(
        "", "The county's intake service; empty: the embedded one, started beside us"
    )
    intake_port: int = setting(8090, "Port of the embedded intake service", ge=1, le=65535)
    intake_token: Secret = setting("", "Credential for calls to the intake service")
    intake_webhook_secret: WebhookSecret = setting(
        "", "whsec_... with which the intake service signs its callbacks (Standard Webhooks)"
    )
    intake_give_up_after: Duration = setting(
        "7d", "How long a submission is retried before a person is asked"
    )

    # WeChat official account; off while WECHAT_APP_ID is empty
    wechat_app_id: str = setting("", "The account's AppID; empty: no WeChat")
    wechat_app_secret: Secret = setting("", "The account's AppSecret")
    wechat_token: Secret = setting("", "The token of the account's server settings, which signs its calls")
    wechat_aes_key: AesKey = setting("", "EncodingAESKey of the server settings, 43 characters")
    wechat_mode: Literal["encrypted", "compatible", "plain"] = setting(
        "encrypted", "How the account's calls come; plain is for development on this machine only"
    )
    wechat_menus: bool = setting(
        False, "Send options as WeChat menu messages, where the account may; otherwise they are numbered"
    )
    wechat_papers: bool = setting(
        True, "Show the office's documents as pictures in the chat; off: a link to our own page alone"
    )
    wechat_messages: int = setting(
        5, "Messages WeChat lets us send within 48 hours of an applicant's message", ge=1, le=20
    )
    wechat_messages_after_tap: int = setting(
        3, "Messages WeChat lets us send within a minute of a tap on a menu", ge=0, le=20
    )
    wechat_template: Template = setting(
        "", "Template message for progress: id and fields, such as ID:title=thing1,number=character_string2"
    )
    wechat_subscription: Template = setting(
        "", "Subscription notice for progress, written like WECHAT_TEMPLATE"
    )
    wechat_domain_proof: DomainProof = setting(
        "", "Name of the file MP_verify_….txt by which WeChat knows PUBLIC_URL for ours; it is served there"
    )
    wechat_api_url: WebAddress = setting("https://api.weixin.qq.com", "Where WeChat's interface is")

    # Telegram; off while TELEGRAM_TOKEN is empty
    telegram_token: TelegramToken = setting("", "The bot's token; empty: no Telegram")
    telegram_secret: TelegramSecret = setting(
        "", "Secret that Telegram's calls carry, 32 to 256 of A-Z a-z 0-9 _ -"
    )
    telegram_photos: bool = setting(
        False, "Take photos in the chat; off: a one-time link to our own page, nothing leaves the country"
    )
    telegram_api_url: WebAddress = setting("https://api.telegram.org", "Where the Bot API is")
    telegram_file_url: WebAddress = setting("", "Where its files are; empty: TELEGRAM_API_URL")
    telegram_proxy: WebAddress = setting("", "Proxy to reach it through; empty: none")

    # DingTalk; off while DINGTALK_APP_KEY is empty
    dingtalk_app_key: str = setting("", "AppKey of the enterprise's own app; empty: no DingTalk")
    dingtalk_app_secret: Secret = setting("", "AppSecret of the app, which signs the robot's calls")
    dingtalk_robot_code: str = setting("", "robotCode of the app's robot; empty: DINGTALK_APP_KEY")
    dingtalk_aes_key: AesKey = setting("", "Key of the body encryption, 43 characters")
    dingtalk_token: Secret = setting("", "Token of the body encryption")
    dingtalk_api_url: WebAddress = setting("https://api.dingtalk.com", "Where DingTalk's interface is")
    dingtalk_clerks_url: Secret = setting(
        "", "Webhook of the clerks' group robot, access token included; empty: no group is told"
    )
    dingtalk_clerks_secret: Secret = setting("", "Secret (SEC...) of the clerks' group robot")

    # Text messages; off while SMS_URL is empty
    sms_url: WebAddress = setting("", "The operator's text message gateway; empty: no text messages")
    sms_secret: WebhookSecret = setting(
        "", "whsec_... that signs our calls to the gateway and its reports (Standard Webhooks)"
    )

    # Photos
    photo_workers: int = setting(2, "Processes that look at photos; one per core is enough", ge=1, le=64)
    max_photo_bytes: Size = setting("10MB", "The largest photo taken from a phone")

    # Work
    outbox_lease: Duration = setting(
        "30s", "How long a worker may hold a delivery before another may take it"
    )
    outbox_alarm_after: Duration = setting(
        "5m", "Not ready when the oldest due delivery waits longer than this"
    )
    stop_within: Duration = setting("10s", "How long open requests and deliveries may finish on SIGTERM")

    # Watching it
    log_level: Literal["debug", "info", "warning", "error"] = setting("info", "The least severe line written")
    log_format: Literal["json", "console"] = setting("json", "json for machines, console for eyes")
    metrics_token: Secret = setting(
        "", "Bearer token that opens /metrics and /readyz details from afar; empty: this machine only"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls), dotenv_settings

    def __repr__(self) -> str:
        return "\n".join(f"{name}={value}" for name, value, _ in table(self))

    __str__ = __repr__  # a settings object in a log line or a traceback must show nothing secret

    @property
    def database(self) -> str:
        """The database's address with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'zerotrip.sqlite3'}"

    @property
    def key_ring(self) -> Path:
        """The master key file with the default filled in."""
        return self.master_key_file or self.data_dir / "master.key"

    @property
    def origin(self) -> str:
        """PUBLIC_URL with the default filled in."""
        return self.public_url or f"http://127.0.0.1:{self.port}"


class SecretFiles(PydanticBaseSettingsSource):
    """Reads `ZEROTRIP_<SECRET>_FILE`: the content of the file, without the line end, is the secret."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{variable(field_name)}_FILE", "")
        return (_read_secret(Path(path)) if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(Settings.model_fields[name], name)[0] for name in secrets()}
        return {name: value for name, value in found.items() if value is not None}


class SettingsError(Exception):
    """Settings that cannot be used. `problems` has one sentence each, with the remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(**given: Any) -> Settings:
    """Read the environment and the settings file named by ZEROTRIP_SETTINGS_FILE.

    Args:
        given: values that go before the environment (command-line options), by field name.
    Raises:
        SettingsError: with all the problems there are.
    """
    problems = list(_together(os.environ, given))
    file = os.environ.get(SETTINGS_FILE) or None
    if file and not Path(file).is_file():
        problems.append(f"{SETTINGS_FILE} names {file}, which is no file. Write it, or unset the variable.")
    try:
        settings = Settings(_env_file=file, **given)  # type: ignore[call-arg]  # BaseSettings takes it
    except ValidationError as fault:
        raise SettingsError([_sentence(error) for error in fault.errors()] + problems) from None
    problems += _unsafe(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def variable(field: str) -> str:
    """Return the environment variable of a field: "port" -> "ZEROTRIP_PORT"."""
    return PREFIX + field.upper()


def secrets() -> tuple[str, ...]:
    """Return the fields that are secret, and may be named as files."""
    return tuple(
        name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)
    )


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Return a sentence for every ZEROTRIP_ variable that does nothing here: a slip, or another release's."""
    known = {variable(name) for name in Settings.model_fields} | {SETTINGS_FILE}
    known |= {f"{variable(name)}_FILE" for name in secrets()}
    return [_hint(name, known) for name in sorted(environ) if name.startswith(PREFIX) and name not in known]


def table(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield (variable, value as it may be shown, help) for every row. Secrets are `***`."""
    for name, field in Settings.model_fields.items():
        yield variable(name), shown(name, getattr(settings, name)), field.description or ""


def shown(name: str, value: Any) -> str:
    """Return a setting's value as it may be printed: secrets and passwords masked."""
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else ""
    if name == "database_url":
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", value)
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _together(environ: Mapping[str, str], given: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between settings. It looks at what is set, so it works beside broken values."""

    def is_set(field: str) -> bool:
        return bool(
            given.get(field) or environ.get(variable(field)) or environ.get(variable(field) + "_FILE")
        )

    for switch, needed in TOGETHER.items():
        for field in needed if is_set(switch) else ():
            if not is_set(field):
                yield f"{variable(field)} is missing: {variable(switch)} is set, which needs it."
    for field in secrets():
        if environ.get(variable(field)) and environ.get(variable(field) + "_FILE"):
            yield f"{variable(field)} and {variable(field)}_FILE are both set. Keep one."


def _unsafe(settings: Settings) -> Iterator[str]:
    """Yield what must not be, with the values as they are."""
    if settings.wechat_mode != "plain":
        return
    from handlers.channels.wechat.account import may_be_plain  # here: as above

    if not may_be_plain(settings.origin):
        yield (
            f"{variable('wechat_mode')} is plain, for this machine only: whoever sees one call could "
            f"write in anybody's name. Set it to encrypted, or {variable('public_url')} to http://127.0.0.1."
        )


def _read_secret(path: Path) -> str | Unreadable:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not text"
        return Unreadable(f"cannot be read from its file ({why}). Check the path and who may read it")
    if mode & 0o027:  # a group may read: orchestrators mount secrets as root:group 0440
        return Unreadable("is in a file that others may read or write. Run chmod 600 on it")
    return text or Unreadable("is in a file that is empty. Write the secret into it")


def _sentence(error: Any) -> str:
    """Turn one finding of pydantic into a sentence that never repeats the value: it may be a secret."""
    field = str(error["loc"][0]) if error["loc"] else ""
    what = error["msg"].removeprefix("Value error, ")
    what = what if re.match(r"(is|must|cannot|names)\b", what) else f"is not usable: {what}"
    return f"{variable(field)} {what}."


def _hint(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"{name} is not a setting." + (f" Did you mean {near[0]}?" if near else "")
