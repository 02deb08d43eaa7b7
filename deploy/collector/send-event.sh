#!/bin/sh
# Sends one synthetic event to a collector and prints its eventId.
#
#   send-event.sh [URL]      default: http://127.0.0.1:4318; OTLP_TOKEN is sent as a bearer token when it is set
set -eu

# The first digit is a letter: an id of decimal digits alone is not taken.
id=a$(od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n' | cut -c 2-32)
now=$(date +%s)000000000
text() { printf '{"key":"%s","value":{"stringValue":"%s"}}' "$1" "$2"; }
body=$(
    cat <<END
{"resourceLogs":[{"resource":{"attributes":[$(text service.name send-event)]},"scopeLogs":[{"logRecords":[
 {"timeUnixNano":"$now","observedTimeUnixNano":"$now","severityNumber":9,"severityText":"INFO","eventName":"InstantFunnel",
  "body":{"stringValue":"InstantFunnel"},"attributes":[
   $(text newrelic.event.type InstantFunnel),$(text funnelStep landing),$(text serviceName send-event),
   $(text cohort synthetic),$(text eventId "$id")]}]}]}]}
END
)
set -- "${1:-http://127.0.0.1:4318}/v1/logs"
if [ -n "${OTLP_TOKEN-}" ]; then
    set -- --header @- "$@"
fi
printf 'authorization: Bearer %s\n' "${OTLP_TOKEN-}" |
    curl --silent --show-error --fail --max-time 30 --output /dev/null \
        --header 'content-type: application/json' --data "$body" "$@"
echo "$id"
