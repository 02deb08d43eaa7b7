#!/usr/bin/env bash
# One Kafka broker on loopback, for the test and for a laptop.
#
#   broker.sh fetch                          gets the jars (Maven), once
#   broker.sh start FOLDER PORT CONTROLLER   runs in the foreground; FOLDER keeps the log, two free ports are used
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lib=$here/_build/lib

fetch() {
    local stamp
    stamp=$(sha256sum "$here/pom.xml" | cut -d ' ' -f 1)
    [[ -f $lib/stamp && $(<"$lib/stamp") == "$stamp" ]] && return
    rm -rf "$lib"
    mvn --batch-mode --quiet --file "$here/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$lib.part"
    mv "$lib.part" "$lib"
    echo "$stamp" >"$lib/stamp"
}

start() {
    local folder=$1 port=$2 controller=$3
    # Small on purpose. Without the cleaner's setting the broker runs out of so small a heap at start.
    local java=(java -Xmx160m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.level=INFO -cp "$lib/*")
    mkdir -p "$folder"
    sed -e "s|@FOLDER@|$folder|; s|@PORT@|$port|; s|@CONTROLLER@|$controller|" \
        "$here/server.properties" >"$folder/server.properties"
    if [[ ! -f $folder/log/meta.properties ]]; then
        "${java[@]}" kafka.tools.StorageTool format \
            -t "$("${java[@]}" kafka.tools.StorageTool random-uuid | tail -n 1)" -c "$folder/server.properties"
    fi
    exec "${java[@]}" kafka.Kafka "$folder/server.properties"
}

case ${1:-} in
fetch) fetch ;;
start) start "${2:?folder}" "${3:?port}" "${4:?controller port}" ;;
*) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
