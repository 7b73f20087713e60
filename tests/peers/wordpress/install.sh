#!/bin/sh
# Brings what the WordPress plugin is tried on: PHP in six versions from npm; PHP, MariaDB and WordPress from Debian.
# What cannot be had is said here and skipped there; with CI=true the tests that miss it fail.
cd "$(dirname "$0")" || exit 1
log=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

here() { command -v "$1" >/dev/null; }
skipped() { echo "tests/peers/wordpress: $1; $2 will be skipped."; }

versions_of_php() {
    installed=node_modules/.package-lock.json
    here npm || return 1
    if [ ! -e $installed ] || [ package-lock.json -nt $installed ]; then
        npm ci --no-progress --loglevel=error && touch $installed
    fi
}

server() {
    PATH=$PATH:/usr/sbin
    here php && here mariadbd && php -r 'exit((int) !extension_loaded("mysqli"));' && return
    [ "$(id -u)" = 0 ] && here apt-get || return 1
    apt-get update && apt-get install -y --no-install-recommends \
        php-cli php-curl php-mbstring php-mysql php-xml php-zip mariadb-server-core mariadb-client-core
}

# The plugin wants WordPress 6.4, and Debian 12 has 6.1: there the package of the next release is taken, and only
# unpacked. It comes from the archive that this machine uses anyway; the machine's own lists stay as they are.
next_release() {
    mkdir -p "$work/sources" "$work/lists/partial"
    for source in $(grep -ls '^[^#]*bookworm' /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources); do
        sed 's/bookworm/trixie/g' "$source" >"$work/sources/$(basename "$source")"
    done
    [ -n "$(ls "$work/sources")" ] || return 0
    echo "-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$work/sources -o Dir::State::Lists=$work/lists" \
        "-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
}

# shellcheck disable=SC2086
wordpress() {
    [ -e build/wordpress/usr/share/wordpress/wp-load.php ] && return
    here apt-get && here dpkg-deb || return 1
    release=$(next_release)
    apt-get $release update
    (cd "$work" && apt-get $release download wordpress libjs-underscore libjs-lodash) || return 1
    rm -rf build && mkdir -p build/unpacked
    for package in "$work"/*.deb; do dpkg-deb -x "$package" build/unpacked || return 1; done
    mv build/unpacked build/wordpress
}

versions_of_php || skipped "no packages from npm" "the tests on several versions of PHP"
{ server && wordpress; } >"$log" 2>&1 && rm -f "$log" || skipped "no PHP, MariaDB or WordPress ($log)" "the tests on a real WordPress"
exit 0
