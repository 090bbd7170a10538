#!/bin/sh
# Install what the suite drives besides Python: a MariaDB server and Chromium. Does nothing where
# they are present. Without root, sudo or a known package manager it says what is missing and goes
# on: the tests that need them are then skipped (with CI=true they fail).
set -u

# Debian puts servers where a plain user's PATH does not reach
PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"

missing=""
command -v mariadbd >/dev/null || missing="mariadb-server"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
    || command -v google-chrome >/dev/null || [ -d "/Applications/Google Chrome.app" ] \
    || missing="$missing chromium"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo"
else as_root="none"; fi

if command -v apt-get >/dev/null && [ "$as_root" != none ]; then
    echo "test: installing $missing with apt"
    # the packaged service is not wanted, only the program: the tests start their own
    printf '#!/bin/sh\nexit 101\n' > /tmp/policy-rc.d.$$
    keep_policy=yes
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        keep_policy=no
        $as_root install -m 755 /tmp/policy-rc.d.$$ /usr/sbin/policy-rc.d
    fi
    rm -f /tmp/policy-rc.d.$$
    $as_root apt-get update -qq >/dev/null 2>&1
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        $missing fonts-dejavu-core >/dev/null 2>&1
    status=$?
    [ "$keep_policy" = yes ] || $as_root rm -f /usr/sbin/policy-rc.d
    [ $status = 0 ] && exit 0
    echo "test: apt could not install $missing"
elif command -v brew >/dev/null; then
    echo "test: installing $missing with brew"
    case "$missing" in *mariadb*) brew install --quiet mariadb ;; esac
    case "$missing" in *chromium*) brew install --quiet --cask chromium ;; esac
    exit 0
fi
echo "test: missing: $missing; the tests that need it are skipped (install it to run them)"
exit 0
