"""Settings of the process, read once from the environment (and a .env file) in a composition root.

Longer than other modules: each variable has its line, and its check.
"""

import hashlib
import ipaddress
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from connectors import registry
from connectors.access import App, Variable
from integration import log, mail, retention
from integration.crypto import Sealer, new_key
from integration.errors import Misconfigured
from integration.mail import Post
from integration.retention import Retention

DEVELOPMENT, PRODUCTION = "development", "production"
MIN_SECRET = 16
# A unix socket's path may hold 107 bytes; a deep data directory must not stop the broker.
_MAX_SOCKET_PATH = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator decides. `apps` maps a platform's name to our app there."""

    app_env: str
    data_dir: Path
    port: int
    public_url: str
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    graph_url: str
    graph_version: str
    trusted_proxies: int
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    apps: Mapping[str, App]
    failpoints: str = ""  # see failpoints.py; never in production
    hurried_seconds: int = 0  # see monitor/settling.py; never in production
    log_level: str = "info"
    retention: Retention = field(default_factory=Retention)
    post: Post | None = None  # None: no mail is sent

    @property
    def production(self) -> bool:
        """Whether embedded defaults, weak secrets and http addresses are refused."""
        return self.app_env == PRODUCTION

    @property
    def app_secrets(self) -> dict[str, tuple[str, ...]]:
        """By a platform's name: what it signs with for all stores, newest first."""
        return {name: app.secrets for name, app in self.apps.items() if not app.keyless}

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """The addresses of local stand-ins for platforms, which may be asked besides public hosts; none in production."""
        variables = [one for connector in registry.connectors() for one in connector.variables if one.for_tests]
        options = [app.options.get(one.name, "") for app in self.apps.values() for one in variables]
        return tuple(sorted({text for text in options if text.startswith("http://")}))

    @property
    def broker_url(self) -> str:
        """Where Redis or Valkey answers: REDIS_URL, or the bundled Valkey's unix socket."""
        return self.redis_url or f"unix://{self.broker_socket}"

    @property
    def broker_socket(self) -> Path:
        """The bundled Valkey's socket: in the data directory, or, where its path is too long, in a private short one."""
        path = self.data_dir.resolve() / "valkey" / "queue.sock"
        if len(os.fsencode(path)) <= _MAX_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"tandem-{os.getuid()}-{name}" / "queue.sock"


def load(
    environ: Mapping[str, str] | None = None, *, data_dir: Path | None = None, port: int | None = None
) -> Settings:
    """The settings of this process. Raises Misconfigured, naming the variable.

    `data_dir` and `port` are the command line's and win over the environment, which wins over the .env file.
    In development the secrets are made on first start and kept in the data directory.
    """
    values = dict(_with_dotenv(os.environ if environ is None else environ))
    app_env = _one_of(values, "APP_ENV", (DEVELOPMENT, PRODUCTION), DEVELOPMENT)
    directory = data_dir or Path(_text(values, "TANDEM_DATA_DIR") or "var")
    if app_env == DEVELOPMENT:
        made = _development_secrets(directory)
        values |= {name: text for name, text in made.items() if not (values.get(name) or values.get(f"{name}_FILE"))}
    listening = port if port is not None else _number(values, "PORT", 8000)
    public_url = _public_url(_text(values, "PUBLIC_URL") or f"http://127.0.0.1:{listening}")
    settings = Settings(
        app_env=app_env,
        data_dir=directory,
        port=listening,
        public_url=public_url,
        database_url=_database_url(_text(values, "DATABASE_URL"), directory),
        redis_url=_text(values, "REDIS_URL"),
        graph_url=_graph_url(_text(values, "META_GRAPH_URL") or "https://graph.facebook.com"),
        graph_version=_matching(values, "META_GRAPH_VERSION", r"v\d+\.\d+", "v26.0"),
        trusted_proxies=_number(values, "TRUSTED_PROXIES", 0),
        secret_key=_text(values, "SECRET_KEY") or "",
        encryption_keys=_list(_text(values, "ENCRYPTION_KEYS")),
        apps=_apps(values, public_url, production=app_env == PRODUCTION),
        failpoints=_text(values, "FAILPOINT") or "",
        hurried_seconds=_number(values, "HURRIED_SECONDS", 0),
        log_level=_one_of(values, "LOG_LEVEL", log.LEVELS, "info"),
        retention=retention.parse(_text(values, "RETENTION") or ""),
        post=mail.parse(_text(values, "SMTP_URL"), _text(values, "MAIL_FROM")),
    )
    _refuse_weakness(settings)
    return settings


def _with_dotenv(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The .env file, and the environment over it: SECRET_KEY_FILE there outdoes a SECRET_KEY here, and the reverse."""
    try:
        from_file = {name: text for name, text in dotenv_values(".env").items() if text is not None}
    except UnicodeDecodeError:
        raise Misconfigured("The .env file is not UTF-8.") from None
    said = {name.removesuffix("_FILE") for name, text in environ.items() if text}
    return {name: text for name, text in from_file.items() if name.removesuffix("_FILE") not in said} | dict(environ)


def _text(values: Mapping[str, str], name: str) -> str | None:
    """The variable, or the content of the file that <NAME>_FILE names; None where neither is set."""
    if given := values.get(name, "").strip():
        return _readable(name, given)
    if path := values.get(f"{name}_FILE", "").strip():
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except OSError as error:
            raise Misconfigured(f"{name}_FILE cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError:
            raise Misconfigured(f"{name}_FILE names a file that is not UTF-8.") from None
    return None


def _readable(name: str, text: str) -> str:
    """Bytes that are no UTF-8 arrive as lone surrogates, and would break much later, at the first signature."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Misconfigured(f"{name} is not UTF-8.") from None
    return text


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    text = _text(values, name) or str(default)
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65_535:
        raise Misconfigured(f"{name} must be a whole number from 0 to 65535.")
    return int(text)


def _one_of(values: Mapping[str, str], name: str, known: tuple[str, ...], default: str) -> str:
    text = _text(values, name) or default
    if text not in known:
        raise Misconfigured(f"{name} must be one of {', '.join(known)}.")
    return text


def _matching(values: Mapping[str, str], name: str, pattern: str, default: str) -> str:
    text = _text(values, name) or default
    if not re.fullmatch(pattern, text, re.ASCII):
        raise Misconfigured(f"{name} must look like {default}.")
    return text


def _list(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _database_url(text: str | None, directory: Path) -> str:
    url = text or f"sqlite:///{directory.resolve() / 'tandem.db'}"
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            url = "postgresql+psycopg://" + url.removeprefix(short)
    try:
        well_formed = url.isprintable() and urlsplit(url).port != 0
    except ValueError:  # its text would repeat the password
        well_formed = False
    if not well_formed or not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise Misconfigured("DATABASE_URL must start with postgresql+psycopg:// or sqlite:///.")
    return url


def _graph_url(url: str) -> str:
    scheme, host = _address("META_GRAPH_URL", url)
    if scheme == "http" and not _is_loopback(host):
        raise Misconfigured("META_GRAPH_URL must be https; plain http is accepted for loopback only.")
    return url.rstrip("/")


def _public_url(url: str) -> str:
    _address("PUBLIC_URL", url)
    return url.rstrip("/")


def _address(name: str, url: str) -> tuple[str, str]:
    """Scheme and host of an http address without user, query or spaces. Raises Misconfigured."""
    try:
        parts = urlsplit(url)
        plain = url.isprintable() and " " not in url and "@" not in parts.netloc and not parts.query
        if plain and parts.hostname and parts.scheme in ("http", "https") and parts.port != 0:
            return parts.scheme, parts.hostname
    except ValueError:
        pass
    raise Misconfigured(f"{name} must be an http or https address: a scheme, a host, perhaps a port and a path.")


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _apps(values: Mapping[str, str], public_url: str, *, production: bool) -> dict[str, App]:
    found: dict[str, App] = {}
    for connector in registry.connectors():
        options = {one.name: _option(values, one, production=production) for one in connector.variables}
        if connector.secret_variable is None:
            found[connector.name] = App("", (), public_url, options, keyless=True, loopback=not production)
            continue
        secrets_ = _list(_text(values, connector.secret_variable))
        if any(len(secret) < MIN_SECRET for secret in secrets_):
            raise Misconfigured(f"{connector.secret_variable} must have at least {MIN_SECRET} characters.")
        key = _matching(values, connector.key_variable, r"[\w.-]{0,100}", "") if connector.key_variable else ""
        if key and not secrets_:
            raise Misconfigured(f"{connector.key_variable} needs {connector.secret_variable} beside it.")
        found[connector.name] = App(key, secrets_, public_url, options)
    return found


def _option(values: Mapping[str, str], variable: Variable, *, production: bool) -> str:
    given = _text(values, variable.name)
    if given and variable.for_tests and production:
        raise Misconfigured(f"{variable.name} must not be set in production: it points at a stand-in.")
    if variable.choices:
        return _one_of(values, variable.name, variable.choices, variable.default)
    text = given or variable.default
    if text and variable.address:
        scheme, host = _address(variable.name, text)
        if scheme == "http" and not _is_loopback(host):
            raise Misconfigured(f"{variable.name} must be https; plain http is accepted for loopback only.")
    return text.rstrip("/")


def _refuse_weakness(settings: Settings) -> None:
    Sealer(settings.encryption_keys)
    if len(settings.secret_key) < MIN_SECRET:
        raise Misconfigured(f"SECRET_KEY must be set and have at least {MIN_SECRET} characters.")
    if not settings.production:
        return
    weaknesses = (
        (settings.failpoints, "FAILPOINT must not be set in production."),
        (
            settings.hurried_seconds,
            "HURRIED_SECONDS is for demonstrations; in production silence counts after an hour.",
        ),
        (settings.database_url.startswith("sqlite"), "DATABASE_URL must name a PostgreSQL database in production."),
        (settings.redis_url is None, "REDIS_URL must be set in production."),
        (not settings.public_url.startswith("https://"), "PUBLIC_URL must be https in production."),
        (
            len(settings.secret_key) < 2 * MIN_SECRET,
            f"SECRET_KEY must have at least {2 * MIN_SECRET} characters in production.",
        ),
    )
    for weak, sentence in weaknesses:
        if weak:
            raise Misconfigured(sentence)


def _development_secrets(directory: Path) -> dict[str, str]:
    """Secrets made once for this data directory; several processes may start at the same moment."""
    path = directory / "secrets.json"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(f"TANDEM_DATA_DIR cannot be used: {error.strerror}.") from None
    if not path.exists():
        made = {"SECRET_KEY": secrets.token_urlsafe(32), "ENCRYPTION_KEYS": new_key()}
        draft = directory / f".secrets-{os.getpid()}-{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
        try:
            # A link, unlike a rename, never replaces what another process made first.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Misconfigured(f"{path} cannot be read. It holds the keys of what is stored beside it.") from None
    return kept
