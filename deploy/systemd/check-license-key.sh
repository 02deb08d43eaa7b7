#!/bin/sh
# Refuses to start a collector that could not deliver: run by the unit before it. Never prints the key.
set -eu

case ${NEW_RELIC_LICENSE_KEY-} in
"")
    echo "NEW_RELIC_LICENSE_KEY is empty or not set" >&2
    exit 1
    ;;
*[!A-Za-z0-9]*)
    echo "NEW_RELIC_LICENSE_KEY holds a character that no key has, perhaps a newline at its end" >&2
    exit 1
    ;;
esac
