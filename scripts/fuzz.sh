#!/usr/bin/env bash
# Fuzzes the readers of the journal's files, each for so many seconds (60), from the corpus that is kept with them.
#
#   scripts/fuzz.sh [SECONDS]          what is found lies in target/fuzz/TARGET-crash-…
#   FUZZ_KEEP=1 scripts/fuzz.sh 600    also adds what reached new code to the corpus
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}
host=$(rustc -vV | sed -n 's/^host: //p')
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares"
# With a target named, build scripts are not instrumented.
RUSTFLAGS=${coverage//$'\n'/ } cargo build --quiet --release --target "$host" \
    --manifest-path crates/otlp-journal/fuzz/Cargo.toml --target-dir target/fuzz
for target in segment dead_letters; do
    kept=crates/otlp-journal/fuzz/corpus/$target
    work=target/fuzz/corpus-$target
    mkdir -p "$work"
    echo "fuzzing $target for $seconds s"
    "target/fuzz/$host/release/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="target/fuzz/$target-" "$work" "$kept"
    if [[ -n ${FUZZ_KEEP:-} ]]; then
        "target/fuzz/$host/release/$target" -merge=1 -max_len=4096 -verbosity=0 "$kept" "$work"
    fi
    rm -rf /dev/shm/otlp-journal-fuzz-*
done
