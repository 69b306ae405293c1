#!/usr/bin/env bash
# Known vulnerabilities of what is pinned; says so where the network does not let one ask.
set -eu
found=$(timeout 180 .venv/bin/uv tool run --quiet --from pip-audit==2.10.1 pip-audit --requirement requirements.txt \
    --requirement requirements-hosting.txt \
    --no-deps --disable-pip --progress-spinner off 2>&1) && status=0 || status=$?
if grep -q "known vulnerabilit.* in " <<<"$found" && [ "$status" -ne 0 ]; then
    echo "$found"
    exit 1
fi
if [ "$status" -ne 0 ] || grep -qE "^streamlit .*could not be audited" <<<"$found"; then
    echo "pip-audit: not checked, for the network does not answer" >&2
fi
