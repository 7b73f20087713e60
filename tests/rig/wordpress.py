"""A real WordPress for the plugin: Debian's, on a MariaDB of its own, served by PHP on loopback. No WooCommerce.

tests/peers/wordpress/install.sh brings the parts. WooCommerce is in no package registry, so
tests/peers/wordpress/woocommerce-standin/ stands for the few of its hooks and classes that the plugin meets.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from tests.conftest import missing
from tests.rig import mariadb
from tests.rig.mariadb import MariaDb
from tests.rig.pages import Browser
from tests.rig.php import HOME
from tests.rig.service import eventually, free_port

_UNPACKED = HOME / "build" / "wordpress" / "usr" / "share"
_DATABASE = "wordpress"
# `php -r` has no request: WordPress is told the one that a visitor of its front page would make.
_BOOT = """
$told = json_decode( getenv( 'RIG_TOLD' ), true );
$_SERVER = array_merge( $_SERVER, array( 'HTTP_HOST' => $told['host'], 'SERVER_NAME' => '127.0.0.1', 'REQUEST_URI' => '/',
    'REQUEST_METHOD' => 'GET', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1' ) );
require 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
wp_set_current_user( 1 );
"""
_KEEP = "CREATE TABLE kept.`{name}` SELECT * FROM wordpress.`{name}`;"
_RESTORE = "TRUNCATE wordpress.`{name}`; INSERT INTO wordpress.`{name}` SELECT * FROM kept.`{name}`;"
_ACTIVATE = """
$failed = activate_plugin( $told['plugin'] );
echo is_wp_error( $failed ) ? $failed->get_error_message() . ' ' . wp_json_encode( $failed->get_error_data() ) : '';
"""
_DEACTIVATE = "deactivate_plugins( array( $told['plugin'] ) );"
_UNINSTALL = """
deactivate_plugins( array( $told['plugin'] ) );
$done = delete_plugins( array( $told['plugin'] ) );
echo is_wp_error( $done ) ? $done->get_error_message() : ( true === $done ? '' : 'WordPress could not delete it' );
"""
_INSTALL_ZIP = """
require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
$skin = new Automatic_Upgrader_Skin();
$upgrader = new Plugin_Upgrader( $skin );
$done = $upgrader->install( $told['path'], array( 'overwrite_package' => true ) );
echo wp_json_encode( array( true === $done, $upgrader->plugin_info(), $skin->get_upgrade_messages() ) );
"""
_RUN_CRON = """
define( 'DOING_CRON', true );
foreach ( wp_get_ready_cron_jobs() as $time => $hooks ) {
    foreach ( $hooks as $hook => $events ) {
        foreach ( $events as $event ) {
            $event['schedule'] && wp_reschedule_event( $time, $event['schedule'], $hook, $event['args'] );
            wp_unschedule_event( $time, $hook, $event['args'] );
            do_action_ref_array( $hook, $event['args'] );
            echo $hook, "\\n";
        }
    }
}
"""


def have_or_skip() -> None:
    """What `make test` brings for root on Debian may be missing: a visible skip."""
    mariadb.have_or_skip()
    if shutil.which("php") is None:
        missing("PHP")
    if not (_UNPACKED / "wordpress" / "wp-load.php").exists():
        missing("WordPress in tests/peers/wordpress/build (make test brings it)")


@dataclass
class WordPress:
    """An installed site. Its administrator is `admin`; WP_DEBUG is on; it asks nobody but loopback, and no cron runs by itself."""

    home: Path
    database: MariaDb
    password: str = field(default_factory=lambda: secrets.token_hex(8))
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def folder(self) -> Path:
        """Where plugins live."""
        return self.home / "wp-content" / "plugins"

    @property
    def debug_log(self) -> str:
        """Notices, deprecations and errors since `emptied`, of pages and of `php`. In order: ""."""
        log = self._log
        return log.read_text() if log.exists() else ""

    def php(self, code: str, **told: Any) -> str:
        """What `code` prints inside WordPress, wp-admin's functions loaded, as its administrator. It finds `told` in $told."""
        given = {"host": f"127.0.0.1:{self.port}", **told}
        words = ["php", "-d", "display_errors=stderr", "-d", "memory_limit=256M", "-r", _BOOT + code]
        surroundings = {**os.environ, "RIG_TOLD": json.dumps(given)}
        done = subprocess.run(words, cwd=self.home, env=surroundings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{self.debug_log[-2_000:]}"
        return done.stdout

    def json(self, code: str, **told: Any) -> Any:
        """The value of the PHP expression `code` inside WordPress."""
        return json.loads(self.php(f"echo wp_json_encode( {code} );", **told))

    def place(self, folder: Path) -> Path:
        """A plugin's folder, copied to where plugins live."""
        return shutil.copytree(folder, self.folder / folder.name)

    def activate(self, plugin: str) -> None:
        """As wp-admin does. `plugin`: folder/file.php. Output while it activates is a failure, as WordPress has it."""
        self._done(_ACTIVATE, plugin=plugin)

    def deactivate(self, plugin: str) -> None:
        """As wp-admin does."""
        self._done(_DEACTIVATE, plugin=plugin)

    def uninstall(self, plugin: str) -> None:
        """Deactivated and deleted as wp-admin does: WordPress runs its uninstall.php, then removes its folder."""
        self._done(_UNINSTALL, plugin=plugin)

    def install_zip(self, archive: Path) -> str:
        """Installed as wp-admin's upload does; the plugin's folder/file.php."""
        done, plugin, messages = json.loads(self.php(_INSTALL_ZIP, path=str(archive)).splitlines()[-1])
        assert done, messages
        return plugin

    def sell(self) -> None:
        """The stand-in of WooCommerce, active: it gives the site a cart, two checkouts and orders."""
        shutil.copytree(HOME / "woocommerce-standin", self.folder / "woocommerce")
        self.activate("woocommerce/woocommerce.php")

    def run_actions(self, now: int | None = None) -> list[str]:
        """What the stand-in's queue holds and is due at `now`, in Unix seconds, runs; the hooks, in order."""
        return self.json("standin_run_actions( $told['now'] )", now=now)

    def run_cron(self) -> list[str]:
        """What is due runs now; the hooks, in order."""
        return self.php(_RUN_CRON).splitlines()

    def sign_in(self, browser: Browser, user: str = "admin", password: str = "") -> None:
        """Through wp-login.php."""
        browser.get("/wp-login.php")
        answer = self.post(browser, "/wp-login.php", log=user, pwd=password or self.password, testcookie="1")
        assert answer.status == 302, answer.data.decode()

    def post(self, browser: Browser, path: str, **fields: str) -> urllib3.BaseHTTPResponse:
        """A form, as the browser would send it."""
        return browser.ask("POST", path, urlencode(fields), Content_Type="application/x-www-form-urlencoded")

    @contextmanager
    def constants(self, **changed: Any) -> Iterator[None]:
        """Further constants of wp-config.php, such as WP_HOME or WP_ENVIRONMENT_TYPE, until the block ends."""
        self._configure(**changed)
        try:
            yield
        finally:
            self._configure()

    def emptied(self) -> None:
        """As right after the installation: its tables, its folder of plugins, its log."""
        self._configure()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        self._log.unlink(missing_ok=True)
        self.database.sql("".join(f"DROP TABLE wordpress.`{name}`;" for name in self.tables() - self._tables("kept")))
        self.database.sql("".join(_RESTORE.format(name=name) for name in self._tables("kept")))

    def tables(self) -> set[str]:
        """All in its database."""
        return self._tables(_DATABASE)

    def create(self) -> None:
        """Its files and tables, and a copy of the tables for `emptied`."""
        self.database.sql(f"CREATE DATABASE {_DATABASE}; CREATE DATABASE kept")
        shutil.copytree(_UNPACKED / "wordpress", self.home, ignore_dangling_symlinks=True)
        shutil.copytree(HOME / "theme", self.home / "wp-content" / "themes" / "plain", dirs_exist_ok=True)
        (self.home / "wp-content" / "mu-plugins").mkdir()
        shutil.copy(HOME / "must_use.php", self.home / "wp-content" / "mu-plugins")
        shutil.copy(HOME / "settings.php", self.home / "wp-config.php")
        self._configure()
        self._install()
        self.database.sql("".join(_KEEP.format(name=name) for name in self.tables()))
        self.emptied()

    @contextmanager
    def serving(self) -> Iterator["WordPress"]:
        """On `url` until the block ends; four requests at a time, so that a page may ask its own site."""
        surroundings = {**os.environ, "PHP_CLI_SERVER_WORKERS": "4"}
        with (self.home.parent / "pages.log").open("wb") as log:
            # A test may rewrite a file that the one before it had loaded: else that is seen up to two seconds later.
            seen_at_once = ["-d", "opcache.revalidate_freq=0"]
            words = [
                "php",
                "-d",
                "memory_limit=256M",
                *seen_at_once,
                "-S",
                f"127.0.0.1:{self.port}",
                "-t",
                str(self.home),
            ]
            process = subprocess.Popen(words, env=surroundings, stdout=log, stderr=log, start_new_session=True)
        try:
            assert eventually(self._answers, 30), (self.home.parent / "pages.log").read_text()
            yield self
        finally:
            # The workers are PHP's children, and do not go with it.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _install(self) -> None:
        words = ["php", str(HOME / "installing.php"), self.password]
        done = subprocess.run(words, cwd=self.home, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def _log(self) -> Path:
        return self.home.parent / "debug.log"

    def _configure(self, **changed: Any) -> None:
        usual = {
            "DB_NAME": _DATABASE,
            "DB_USER": "root",
            "DB_PASSWORD": "",
            "DB_HOST": f"localhost:{self.database.socket}",
            "DB_CHARSET": "utf8mb4",
            "DB_COLLATE": "",
            "WP_HOME": self.url,
            "WP_SITEURL": self.url,
            "WP_DEBUG": True,
            "WP_DEBUG_LOG": str(self._log),
            "WP_DEBUG_DISPLAY": False,
            "WP_HTTP_BLOCK_EXTERNAL": True,
            "WP_ACCESSIBLE_HOSTS": "127.0.0.1,localhost",
            "DISABLE_WP_CRON": True,
            "FS_METHOD": "direct",
        }
        (self.home / "constants.json").write_text(json.dumps({**usual, **changed}))

    def _done(self, code: str, **told: str) -> None:
        complaint = self.php(code, **told)
        assert complaint == "", complaint

    def _tables(self, database: str) -> set[str]:
        rows = self.database.sql(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{database}'")
        return {row[0] for row in rows}

    def _answers(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.url}/wp-login.php", retries=False, timeout=10.0).status == 200
        except urllib3.exceptions.HTTPError:
            return False


@contextmanager
def running() -> Iterator[WordPress]:
    """One installed and serving, until the block ends."""
    have_or_skip()
    # A short path: a unix socket's has at most 107 bytes.
    with (
        tempfile.TemporaryDirectory(prefix="tandem-wp-", ignore_cleanup_errors=True) as directory,
        mariadb.running(Path(directory)) as database,
    ):
        site = WordPress(Path(directory) / "site", database)
        site.create()
        with site.serving():
            yield site


@pytest.fixture(scope="session")
def running_wordpress() -> Iterator[WordPress]:
    """One for the whole run."""
    with running() as site:
        yield site


@pytest.fixture
def wordpress(running_wordpress: WordPress) -> WordPress:
    """The same, as right after its installation."""
    running_wordpress.emptied()
    return running_wordpress
