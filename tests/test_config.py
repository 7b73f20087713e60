"""The settings of a process: what is refused, what wins over what, and that no secret is ever repeated.

Long: a case for each variable and each way to get it wrong.
"""

import json
import multiprocessing
import os
import stat
import tempfile
from pathlib import Path

import pytest

from integration import config
from integration.crypto import Sealer, new_key
from integration.errors import Misconfigured

KEY = new_key()
PRODUCTION = {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql+psycopg://tandem:the-database-password@db.example.com/tandem",
    "REDIS_URL": "redis://:the-broker-password@redis.example.com",
    "PUBLIC_URL": "https://tandem.example.com",
    "SECRET_KEY": "the-session-secret-of-32-letters",
    "ENCRYPTION_KEYS": KEY,
    "SHOPIFY_API_SECRET": "the-app-secret-of-shopify",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """In an empty directory: neither the developer's .env nor var is read."""
    monkeypatch.chdir(tmp_path)


def production(**changes):
    values = {**PRODUCTION, **changes}
    return config.load({name: text for name, text in values.items() if text is not None})


def refused(name, environ):
    """The sentence names the variable; neither it nor the errors behind it repeat what was given."""
    with pytest.raises(Misconfigured) as raised:
        config.load(environ)
    behind = (raised.value.__cause__, raised.value.__context__)
    said = " ".join(str(one) for one in (raised.value, *behind) if one)
    assert name in said
    secrets = [
        PRODUCTION["SECRET_KEY"],
        KEY,
        PRODUCTION["SHOPIFY_API_SECRET"],
        "password",
        environ.get(name) or "password",
    ]
    assert not [text for text in secrets if text in said]


def test_production_starts_with_everything_set():
    settings = production()
    assert settings.production
    assert settings.broker_url == PRODUCTION["REDIS_URL"]
    assert settings.encryption_keys == (KEY,)
    assert settings.app_secrets == {"shopify": ("the-app-secret-of-shopify",)}
    assert (settings.port, settings.trusted_proxies, settings.graph_version) == (8000, 0, "v26.0")
    assert settings.graph_url == "https://graph.facebook.com"


def test_production_makes_no_secrets_and_writes_nothing():
    production()
    with pytest.raises(Misconfigured):
        production(SECRET_KEY=None)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", None),
        ("DATABASE_URL", "sqlite:////srv/tandem.db"),
        ("REDIS_URL", None),
        ("REDIS_URL", ""),
        ("PUBLIC_URL", None),
        ("PUBLIC_URL", "http://tandem.example.com"),
        ("PUBLIC_URL", "https://"),
        ("SECRET_KEY", None),
        ("SECRET_KEY", "fifteen-letters"),
        ("SECRET_KEY", "only-thirty-one-letters-in-here"),
        ("ENCRYPTION_KEYS", None),
        ("ENCRYPTION_KEYS", " , "),
        ("META_GRAPH_URL", "http://graph.example.com"),
        ("SHOPIFY_API_SECRET", "fifteen-letters"),
        ("HURRIED_SECONDS", "60"),
    ],
)
def test_production_refuses_embedded_defaults_weak_secrets_and_http(name, value):
    environ = {key: text for key, text in {**PRODUCTION, name: value}.items() if text is not None}
    refused(name, environ)


MALFORMED = [
    ("APP_ENV", "Production"),
    ("APP_ENV", "staging"),
    ("PORT", "http"),
    ("PORT", "-8000"),
    ("PORT", "80.5"),
    ("PORT", "65536"),
    ("PORT", "٨٠٠٠"),
    ("PORT", "²²²²"),
    ("PORT", "9" * 5_000),
    ("LOG_LEVEL", "loud"),
    ("TRUSTED_PROXIES", "some"),
    ("TRUSTED_PROXIES", "-1"),
    ("DATABASE_URL", "mysql://root:the-database-password@db/tandem"),
    ("DATABASE_URL", "postgresql+psycopg2://tandem@db/tandem"),
    ("DATABASE_URL", "tandem.db"),
    ("META_GRAPH_URL", "graph.facebook.com"),
    ("META_GRAPH_URL", "ftp://graph.facebook.com"),
    ("META_GRAPH_URL", "https://"),
    ("META_GRAPH_URL", "http://["),
    ("META_GRAPH_URL", "https://graph.facebook.com:https"),
    ("META_GRAPH_VERSION", "25.0"),
    ("META_GRAPH_VERSION", "v25"),
    ("META_GRAPH_VERSION", "v26.0/me"),
    ("META_GRAPH_VERSION", "v٢٦.٠"),
    ("PUBLIC_URL", "tandem.example.com"),
    ("PUBLIC_URL", "https://two words.example.com"),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "\udcff" * 40),  # what Linux gives for bytes that are not UTF-8
    ("ENCRYPTION_KEYS", "no-fernet-key"),
    ("ENCRYPTION_KEYS", "ü" * 44),
    ("ENCRYPTION_KEYS", f"{KEY},no-fernet-key"),
    ("ENCRYPTION_KEYS", KEY[:-2]),
    ("SHOPIFY_API_SECRET", "fifteen-letters"),
    ("SHOPIFY_API_SECRET", "the-new-secret-long-enough,too-short"),
    ("SHOPIFY_API_SECRET", "\udcff" * 40),
]


@pytest.mark.parametrize(("name", "value"), MALFORMED, ids=[f"{name}={ascii(value)[:40]}" for name, value in MALFORMED])
def test_a_malformed_variable_is_named_and_its_value_is_not(name, value):
    refused(name, {"APP_ENV": "development", name: value})


def test_a_data_directory_that_is_a_file_is_said_in_a_sentence():
    Path("taken").touch()
    with pytest.raises(Misconfigured, match=r"^TANDEM_DATA_DIR cannot be used: File exists"):
        config.load({"TANDEM_DATA_DIR": "taken"})


@pytest.mark.parametrize("short", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_every_spelling_of_postgresql_means_the_one_driver_we_have(short):
    assert production(DATABASE_URL=short).database_url == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:9000", "http://127.8.9.10:9000", "http://localhost:9000", "http://LOCALHOST:9000"),
        *("http://[::1]:9000", "https://graph.facebook.com", "https://127.0.0.1:9000"),
    ],
)
def test_the_graph_is_reached_by_https_or_on_loopback(url):
    assert config.load({"META_GRAPH_URL": url}).graph_url == url
    assert config.load({"META_GRAPH_URL": f"{url}/"}).graph_url == url


@pytest.mark.parametrize(
    "url",
    [
        *("http://graph.facebook.com", "http://10.0.0.1", "http://192.168.1.5:9000", "http://0.0.0.0:9000"),
        *("http://localhost.example.com", "http://127.0.0.1.example.com", "http://127.0.0.1@graph.example.com"),
        *("http://169.254.169.254", "http://", "http:///127.0.0.1", "http://2130706433", "http://[::]:9000"),
    ],
)
def test_plain_http_is_refused_for_everything_that_is_not_loopback(url):
    refused("META_GRAPH_URL", {"META_GRAPH_URL": url})


def test_two_secrets_are_taken_while_one_is_rotated_newest_first():
    rotating = production(SHOPIFY_API_SECRET=" the-new-secret-long-enough , the-old-secret-long-enough ,")
    assert rotating.app_secrets["shopify"] == ("the-new-secret-long-enough", "the-old-secret-long-enough")


def test_without_an_app_secret_there_is_none_and_not_an_empty_one():
    assert production(SHOPIFY_API_SECRET=None).app_secrets == {"shopify": ()}
    assert production(SHOPIFY_API_SECRET=" , ").app_secrets == {"shopify": ()}


def test_two_encryption_keys_are_taken_newest_first():
    newer = new_key()
    assert production(ENCRYPTION_KEYS=f"{newer}, {KEY}").encryption_keys == (newer, KEY)


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS", "SHOPIFY_API_SECRET", "DATABASE_URL", "REDIS_URL"])
def test_a_secret_may_be_in_a_file(name):
    Path("secret").write_text(f"{PRODUCTION[name]}\r\n")
    assert production(**{name: None, f"{name}_FILE": "secret"}) == production()


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS"])
def test_in_development_too_a_secret_may_be_in_a_file(name):
    Path("secret").write_text(PRODUCTION[name])
    settings = config.load({f"{name}_FILE": "secret"})
    assert PRODUCTION[name] in (settings.secret_key, *settings.encryption_keys)


def test_a_variable_wins_over_its_file():
    Path("secret").write_text("another-session-secret-of-some-length")
    assert production(SECRET_KEY_FILE="secret") == production()


@pytest.mark.parametrize("path", ["no-such-file", ".", "binary"])
def test_a_file_that_cannot_be_read_names_its_variable(path):
    Path("binary").write_bytes(b"\xff" * 40)
    with pytest.raises(Misconfigured, match="SECRET_KEY_FILE"):
        production(SECRET_KEY=None, SECRET_KEY_FILE=path)


def test_an_empty_file_is_no_secret():
    Path("empty").write_text("\n")
    refused("SECRET_KEY", {**PRODUCTION, "SECRET_KEY": "", "SECRET_KEY_FILE": "empty"})


def test_arguments_win_over_the_environment_and_the_environment_over_the_env_file(tmp_path):
    Path(".env").write_text("PORT=9001\nTANDEM_DATA_DIR=from-file\nTRUSTED_PROXIES=3\n")
    settings = config.load({})
    assert (settings.port, settings.data_dir, settings.trusted_proxies) == (9001, Path("from-file"), 3)
    settings = config.load({"PORT": "9002", "TANDEM_DATA_DIR": "from-environment"})
    assert (settings.port, settings.data_dir, settings.trusted_proxies) == (9002, Path("from-environment"), 3)
    settings = config.load({"PORT": "9002", "TANDEM_DATA_DIR": "from-environment"}, data_dir=tmp_path / "d", port=9003)
    assert (settings.port, settings.data_dir) == (9003, tmp_path / "d")


def test_a_file_named_by_the_environment_wins_over_the_env_files_own_words():
    Path("secret").write_text("the-environments-secret-of-some-length")
    Path(".env").write_text("SECRET_KEY=the-env-files-secret-of-some-length\n")
    assert config.load({"SECRET_KEY_FILE": "secret"}).secret_key == "the-environments-secret-of-some-length"


def test_the_env_file_can_name_a_file_too():
    Path("secret").write_text("the-app-secret-in-a-file")
    Path(".env").write_text("SHOPIFY_API_SECRET_FILE=secret\n")
    assert config.load({}).app_secrets == {"shopify": ("the-app-secret-in-a-file",)}


def test_a_word_alone_in_the_env_file_is_no_value():
    Path(".env").write_text("PORT\n# PORT=1\n")
    assert config.load({}).port == 8000


def test_the_environment_of_this_process_is_read_unless_another_is_given(monkeypatch):
    monkeypatch.setenv("PORT", "9004")
    assert config.load().port == 9004
    assert config.load({}).port == 8000


def test_the_public_url_follows_the_port_and_loses_its_last_slash():
    assert config.load({"PORT": "9005"}).public_url == "http://127.0.0.1:9005"
    assert config.load({}, port=9006).public_url == "http://127.0.0.1:9006"
    assert config.load({"PUBLIC_URL": "https://t.example.com/"}).public_url == "https://t.example.com"


def test_development_needs_nothing_and_keeps_to_its_data_directory():
    settings = config.load({"TANDEM_DATA_DIR": "here"})
    assert not settings.production
    assert settings.database_url == f"sqlite:///{Path('here').resolve()}/tandem.db"
    assert settings.redis_url is None
    assert settings.broker_url == f"unix://{Path('here').resolve()}/valkey/queue.sock"
    Sealer(settings.encryption_keys)


def test_development_secrets_are_made_once_and_only_their_owner_may_read_them():
    first = config.load({"TANDEM_DATA_DIR": "here"})
    kept = Path("here/secrets.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(Path("here").stat().st_mode) == 0o700
    assert config.load({"TANDEM_DATA_DIR": "here"}) == first
    assert json.loads(kept.read_text()) == {
        "SECRET_KEY": first.secret_key,
        "ENCRYPTION_KEYS": ",".join(first.encryption_keys),
    }
    another = config.load({"TANDEM_DATA_DIR": "there"})
    assert another.secret_key != first.secret_key
    assert another.encryption_keys != first.encryption_keys


def test_a_mask_of_the_process_does_not_open_the_secrets_to_others():
    before = os.umask(0)
    try:
        config.load({"TANDEM_DATA_DIR": "open"})
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("open/secrets.json").stat().st_mode) == 0o600


def test_secrets_of_the_environment_win_over_those_that_were_made():
    config.load({"TANDEM_DATA_DIR": "here"})
    given = config.load({"TANDEM_DATA_DIR": "here", "SECRET_KEY": "s" * 32, "ENCRYPTION_KEYS": KEY})
    assert (given.secret_key, given.encryption_keys) == ("s" * 32, (KEY,))


def _load_together(barrier, answers, directory):
    barrier.wait()
    settings = config.load({"TANDEM_DATA_DIR": directory})
    answers.put((settings.secret_key, settings.encryption_keys))


@pytest.mark.parametrize("attempt", range(10))
def test_eight_processes_that_start_at_once_have_one_set_of_secrets(tmp_path, attempt):
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(8), context.SimpleQueue()
    directory = tmp_path / "not" / "yet" / "there"
    started = [context.Process(target=_load_together, args=(barrier, answers, str(directory))) for _ in range(8)]
    for process in started:
        process.start()
    found = {answers.get() for _ in started}
    for process in started:
        process.join()
    assert len(found) == 1
    assert [path.name for path in directory.iterdir()] == ["secrets.json"]
    assert stat.S_IMODE((directory / "secrets.json").stat().st_mode) == 0o600


def test_a_short_path_keeps_the_socket_in_the_data_directory():
    with tempfile.TemporaryDirectory() as short:
        assert config.load({}, data_dir=Path(short)).broker_socket == Path(short).resolve() / "valkey" / "queue.sock"


def test_a_path_too_long_for_a_socket_gets_a_short_one_of_its_own(tmp_path):
    """Quirk: Linux takes 107 bytes for the path of a unix socket."""
    deep = [tmp_path / ("d" * 100) / name for name in ("one", "two")]
    one, two = (config.load({}, data_dir=directory).broker_socket for directory in deep)
    assert one != two
    assert one == config.load({}, data_dir=deep[0]).broker_socket
    assert max(len(os.fsencode(path)) for path in (one, two)) <= 107
    assert str(os.getuid()) in one.parent.name


def test_the_length_of_a_path_is_counted_in_bytes():
    with tempfile.TemporaryDirectory() as short:
        settings = config.load({}, data_dir=Path(short) / ("日" * 28))
        assert len(os.fsencode(settings.broker_socket)) <= 107


def test_the_settings_as_text_hold_no_secret():
    rotated = production(
        ENCRYPTION_KEYS=f"{new_key()},{KEY}", SHOPIFY_API_SECRET="the-new-app-secret,the-old-app-secret"
    )
    for told in (repr(rotated), str(rotated), f"{rotated!r}"):
        secrets = [*rotated.encryption_keys, rotated.secret_key, *rotated.app_secrets["shopify"]]
        assert not [secret for secret in secrets if secret in told]


@pytest.mark.parametrize("password", ["the-database-password", "the-broker-password"])
def test_the_settings_as_text_hold_no_password_of_an_address(password):
    assert password not in repr(production())
