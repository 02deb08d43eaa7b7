# The collector of deploy/collector/builder.yaml with otel-collector.yaml. From the top of the repository:
#   docker build --file deploy/docker/collector.Dockerfile --tag otelcol-funnel:0.161.0 .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY deploy/collector deploy/collector
RUN deploy/collector/build.sh && install -d -m 0750 -o 10001 -g 10001 /data

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/deploy/collector/_build/otelcol-funnel /usr/local/bin/otelcol-funnel
COPY --from=build --chown=10001:10001 /data /var/lib/otelcol
COPY deploy/systemd/check-license-key.sh deploy/systemd/check-queue-files.sh /usr/local/libexec/otelcol-funnel/
COPY deploy/docker/collector.sh /usr/local/libexec/otelcol-funnel/collector.sh
COPY otel-collector.yaml /etc/otelcol/otel-collector.yaml
USER 10001:10001
VOLUME /var/lib/otelcol
EXPOSE 4317 4318 8888 13133
ENTRYPOINT ["/usr/local/libexec/otelcol-funnel/collector.sh"]
CMD ["--config=/etc/otelcol/otel-collector.yaml"]
