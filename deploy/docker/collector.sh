#!/bin/sh
# The collector in a container: the checks of the systemd unit, then the collector with the arguments given.
set -eu
umask 0027
here=/usr/local/libexec/otelcol-funnel
"$here/check-license-key.sh"
"$here/check-queue-files.sh" "${FUNNEL_QUEUE_DIR:-/var/lib/otelcol/funnel}" "${REST_QUEUE_DIR:-/var/lib/otelcol/rest}"
exec /usr/local/bin/otelcol-funnel "$@"
