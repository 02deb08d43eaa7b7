#!/bin/sh
# Refuses to start a collector on a damaged queue file, which could otherwise start and lose what the file held.
#
#   check-queue-files.sh FOLDER...      the folders of the queues; one that is not there yet is fine
#
# It sees a file that is empty, cut off, no queue file, or without a sound first page. It does not see damage inside a
# page: of that the collector notices some at start and some not at all. The archive is the second copy.
set -eu

fail() {
    echo "check-queue-files.sh: $1: $2. Move the file away, start, and replay the archive" >&2
    exit 1
}

# The number of SIZE bytes at OFFSET of FILE.
number() { od -A n -j "$2" -N "$3" -t "u$3" "$1" | tr -d ' '; }

# bbolt: two pages that take turns, each with a magic number and a version (together 12566977261), the size of a page, and behind them the number
# of pages in use (40 bytes on) and of the last transaction (48 bytes on).
check() {
    size=$(wc -c <"$1")
    [ "$size" -gt 0 ] || fail "$1" "it is empty"
    [ "$size" -ge 16384 ] || fail "$1" "it is cut off"
    page=$(number "$1" 24 4)
    case $page in 4096 | 8192 | 16384 | 32768 | 65536) ;; *) page=4096 ;; esac
    [ "$size" -ge $((4 * page)) ] || fail "$1" "it is cut off"
    [ $((size % page)) -eq 0 ] || fail "$1" "it is cut off"
    for start in 16 $((page + 16)); do
        [ "$(number "$1" "$start" 8)" = 12566977261 ] || fail "$1" "its first pages are damaged"
    done
    first=$(number "$1" 64 8)
    second=$(number "$1" $((page + 64)) 8)
    at=56
    [ "$second" -lt "$first" ] || at=$((page + 56))
    [ $(($(number "$1" "$at" 8) * page)) -le "$size" ] || fail "$1" "it is cut off"
}

for folder in "$@"; do
    [ -d "$folder" ] || continue
    for file in "$folder"/exporter_*; do
        [ ! -f "$file" ] || check "$file"
    done
done
