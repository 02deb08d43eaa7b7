#!/usr/bin/env bash
# Checks the files that no test can start: shell, Kubernetes, systemd.
#
# Needs shellcheck and systemd-analyze (Debian: shellcheck, systemd) and kubernetes-validate (PyPI); the last is
# installed into _build when it is not on the PATH. Says in one line what it leaves out; with CI=true that is a failure.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here"

have() {
    command -v "$1" >/dev/null && return
    echo "left out: $2; to have it, install $1" >&2
    [[ ${CI:-} == true ]] && exit 1
    return 1
}

if have shellcheck "the check of the shell scripts"; then
    find . -name _build -prune -o -name '*.sh' -print0 | xargs -0 shellcheck
    echo "shell: ok"
fi

if ! command -v kubernetes-validate >/dev/null && command -v python3 >/dev/null; then
    [[ -x _build/python/bin/kubernetes-validate ]] ||
        { python3 -m venv _build/python && _build/python/bin/pip --quiet install kubernetes-validate==1.37.0; }
    PATH=$here/_build/python/bin:$PATH
fi
if have kubernetes-validate "the check of the Kubernetes manifests"; then
    kubernetes-validate --strict kubernetes/*.yaml
fi

if have systemd-analyze "the check of the systemd unit"; then
    # It wants the programs to be there, and here they are somewhere else.
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    printf '#!/bin/sh\n' >"$scratch/program"
    chmod +x "$scratch/program"
    for unit in systemd/*.service; do
        sed "s|^\(ExecStart[A-Za-z]*\)=[^ ]*|\1=$scratch/program|" "$unit" >"$scratch/${unit##*/}"
    done
    complaints=$(systemd-analyze verify --man=no "$scratch"/*.service 2>&1) || { echo "$complaints" >&2; exit 1; }
    if grep -q "otelcol-[a-z]*.service" <<<"$complaints"; then
        echo "$complaints" >&2
        exit 1
    fi
    echo "systemd: ok"
fi

# No Docker is needed for this: every file that an image is made of is there, and each stage that is named exists.
for dockerfile in docker/*.Dockerfile; do
    awk '$1 == "FROM" && $3 == "AS" { print $4 }' "$dockerfile" >"${scratch:=$(mktemp -d)}/stages"
    while read -r -a words; do
        [[ ${words[0]:-} == COPY ]] || continue
        if [[ ${words[1]} == --from=* ]]; then
            grep -qx "${words[1]#--from=}" "$scratch/stages" ||
                { echo "$dockerfile: no stage ${words[1]#--from=}" >&2; exit 1; }
            continue
        fi
        for file in "${words[@]:1:${#words[@]}-2}"; do
            [[ -e ../$file ]] || { echo "$dockerfile: no file $file" >&2; exit 1; }
        done
    done <"$dockerfile"
done
echo "dockerfiles: ok"
