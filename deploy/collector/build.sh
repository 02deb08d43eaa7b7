#!/usr/bin/env bash
# Builds a collector from a builder manifest and the Go module proxy.
#
#   build.sh [MANIFEST]      default: builder.yaml beside this script; the Kafka variant is ../kafka/builder.yaml
#
# Prints the path of the binary. Does nothing when neither the manifest, this script nor Go has changed since.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifest=${1:-$here/builder.yaml}
root=$(cd "$(dirname "$manifest")" && pwd)
manifest=$root/$(basename "$manifest")

field() { sed -n "s/^  $1: *//p" "$manifest" | head -n 1; }
name=$(field name)
version=$(field version)
tags=$(field build_tags)
out=$root/_build
binary=$out/$name

if ! command -v go >/dev/null; then
    echo "build.sh: no Go toolchain on the PATH; install Go 1.25 or newer" >&2
    exit 1
fi

# Whatever changes the binary changes the stamp.
stamp=$( (cat "$manifest" "${BASH_SOURCE[0]}"; go version) | sha256sum | cut -d ' ' -f 1)
if [[ -x $binary && -f $out/stamp && $(<"$out/stamp") == "$stamp" ]]; then
    echo "$binary"
    exit 0
fi

export GOTOOLCHAIN=local CGO_ENABLED=0
mkdir -p "$out/bin"
rm -f "$out/stamp"
builder=$out/bin/builder
# A builder of another version would pull other core modules in.
GOBIN=$out/bin go install "go.opentelemetry.io/collector/cmd/builder@v$version" >&2

# The builder tidies, and tidying asks for modules that only tests of dependencies import; where one of those cannot
# be had, it fails after it has written all that the build needs.
(cd "$root" && "$builder" --config "$manifest" --skip-compilation >"$out/builder.log" 2>&1) || {
    [[ -f $out/main.go && -f $out/go.mod ]] || { cat "$out/builder.log" >&2; exit 1; }
    echo "build.sh: go mod tidy did not finish (see $out/builder.log); building without it" >&2
}
(cd "$out" && GOFLAGS=-mod=mod go build -trimpath -tags "$tags" -ldflags '-s -w' -o "$binary" .) >&2
echo "$stamp" >"$out/stamp"
echo "$binary"
