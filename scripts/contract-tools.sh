#!/usr/bin/env bash
# Fetches what the generated code and schemas are tested with, into target/contract-tools: validators of JSON Schema
# (jsonschema from PyPI, Ajv from npm) and the OpenTelemetry SDKs of Python, TypeScript and Go. What Python, npm or Go
# would fetch and is not there is left out, and so are the tests that need it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=$PWD/${1:-target/contract-tools}
mkdir -p "$tools"

if command -v python3 >/dev/null; then
    "$tools/venv/bin/python" -c 'import jsonschema, opentelemetry.exporter.otlp.proto.http' 2>/dev/null ||
        { python3 -m venv "$tools/venv" &&
            "$tools/venv/bin/pip" install --quiet jsonschema opentelemetry-sdk opentelemetry-exporter-otlp-proto-http; }
fi
if command -v npm >/dev/null; then
    packages=(ajv typescript @types/node @opentelemetry/api @opentelemetry/api-logs @opentelemetry/sdk-logs
        @opentelemetry/exporter-logs-otlp-http)
    for package in "${packages[@]}"; do
        [[ -d $tools/node_modules/$package ]] || { npm install --silent --prefix "$tools" "${packages[@]}" && break; }
    done
fi
if command -v go >/dev/null && ! grep --quiet otlploghttp "$tools/go/go.sum" 2>/dev/null; then
    mkdir -p "$tools/go"
    printf 'module example.com/funnel\n\ngo 1.25\n' >"$tools/go/go.mod"
    (cd "$tools/go" && go get go.opentelemetry.io/otel/log@v1.47.0 go.opentelemetry.io/otel/sdk/log@v1.47.0 \
        go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp@v0.23.0)
fi
