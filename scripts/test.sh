#!/usr/bin/env bash
# Runs every test. What a test needs and the machine lacks is left out with a line that says how to get it; with
# CI=true nothing is left out.
#
#   optional: Go (the collector), nginx, Java 17 and Maven (Kafka), PostgreSQL, Chromium with Node.js and npm, Squid,
#             Python 3 with venv (RE2 from PyPI), shellcheck, systemd-analyze; NRQL_CORPUS, NRQL_VERDICTS, NRQL_DOCUMENTED
#             and FUNNEL_USER_AGENTS name files, NRQL_RE2_PYTHON a Python with google-re2.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ -z ${FUNNEL_USER_AGENTS:-} ]] && command -v python3 >/dev/null; then
    agents=target/user-agents-2000.tsv
    mkdir -p target
    if [[ -s $agents ]] || python3 crates/instant-funnel-tower/tests/fetch-user-agents.py "$agents"; then
        export FUNNEL_USER_AGENTS=$PWD/$agents
    fi
fi

# Microsoft's validator of SARIF, which the output of `funnel lint` is held to.
if [[ -z ${SARIF_MULTITOOL:-} && ! -x target/sarif/node_modules/.bin/sarif-multitool ]] && command -v npm >/dev/null; then
    mkdir -p target/sarif
    npm install --silent --prefix target/sarif @microsoft/sarif-multitool ||
        printf 'left out: the validator of SARIF could not be installed\n'
fi

# Validators of JSON Schema, which what `funnel contract generate` makes is held to.
scripts/contract-tools.sh || [[ -z ${CI:-} ]]

# RE2 itself, which RLIKE and capture are compared with.
if [[ -z ${NRQL_RE2_PYTHON:-} ]]; then
    re2=$PWD/target/re2
    if "$re2/bin/python" -c 'import re2' 2>/dev/null ||
        { python3 -m venv "$re2" && "$re2/bin/pip" install --quiet google-re2; }; then
        export NRQL_RE2_PYTHON=$re2/bin/python
    elif [[ -n ${CI:-} ]]; then
        exit 1
    else
        echo "RLIKE is not compared with RE2: that needs Python 3 with venv, and google-re2 from PyPI" >&2
    fi
fi

cargo test --workspace --all-features --no-fail-fast

# The example that people copy has a workspace and a lock of its own, and meets the lab as its users do.
FUNNEL_BIN=$PWD/target/debug/funnel cargo test --no-fail-fast --manifest-path examples/api/Cargo.toml

# Four frameworks, in a workspace of their own too.
cargo test --no-fail-fast --manifest-path examples/frameworks/Cargo.toml

deploy/check.sh
