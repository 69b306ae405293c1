#!/usr/bin/env bash
# Install what Debian must give, only where it is missing: debian.sh python | browser | hosting
set -eu

install() {
    if ! command -v apt-get >/dev/null; then
        echo "Please install: $*" >&2
        exit 1
    fi
    local root=""
    [ "$(id -u)" -eq 0 ] || root="sudo"
    $root apt-get update -qq
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

case "$1" in
    python)
        "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null || install python3 python3-venv
        ;;
    hosting)
        command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || install nginx-light
        command -v openssl >/dev/null || install openssl
        ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || install postgresql
        ;;
    browser)
        for browser in chromium chromium-browser google-chrome google-chrome-stable; do
            command -v "$browser" >/dev/null && exit 0
        done
        install chromium fonts-dejavu-core
        ;;
esac
