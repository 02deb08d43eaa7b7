#!/usr/bin/env bash
# Sends an archive of otel-collector.yaml again: same events, same eventIds.
#
#   replay.sh FILE [URL]     URL is the collector's OTLP/HTTP address, default http://127.0.0.1:4318
#
# Give it a COPY: what is replayed is archived again, and a file that grows while it is read never ends. Everything in
# the file is sent, also what New Relic already has: readers count distinct eventIds.
set -euo pipefail

file=${1:?usage: replay.sh FILE [URL]}
url=${2:-http://127.0.0.1:4318}
sent=0

while IFS= read -r line || [[ -n $line ]]; do
    until status=$(curl --silent --output /dev/null --write-out '%{http_code}' \
        --header 'Content-Type: application/json' --data-binary @- "$url/v1/logs" <<<"$line") \
        && [[ $status == 200 ]]; do
        case ${status:-000} in
        000 | 429 | 502 | 503 | 504) echo "replay.sh: line $((sent + 1)): ${status:-no answer}; again in 1 s" >&2 ;;
        *) echo "replay.sh: line $((sent + 1)) was refused with $status; stopped" >&2; exit 1 ;;
        esac
        sleep 1
    done
    sent=$((sent + 1))
done <"$file"
echo "replay.sh: $sent requests sent"
