#!/bin/sh
# Brings what some tests compare with: the locked Node packages, Chromium where Debian has it and we are root, and what
# the WordPress plugin is tried on (wordpress/install.sh).
# What cannot be had is said here and skipped there; with CI=true the tests that miss it fail (tests/rig/node.py).
cd "$(dirname "$0")" || exit 1
installed=node_modules/.package-lock.json

if ! command -v npm >/dev/null; then
    echo "tests/peers: no npm here; the tests that compare with Node's libraries will be skipped."
elif [ ! -e $installed ] || [ package-lock.json -nt $installed ]; then
    if npm ci --no-progress --loglevel=error; then touch $installed
    else echo "tests/peers: npm could not install; the tests that compare with Node's libraries will be skipped."
    fi
fi

found=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$found" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    log=$(mktemp)
    if { apt-get update && apt-get install -y --no-install-recommends chromium; } >"$log" 2>&1; then rm -f "$log"
    else echo "tests/peers: Chromium could not be installed ($log says why); the browser tests will be skipped."
    fi
elif [ -z "$found" ]; then
    echo "tests/peers: no Chromium here; the browser tests will be skipped."
fi

sh wordpress/install.sh
exit 0
