# The hold of deploy/hold. From the top of the repository:
#   docker build --file deploy/docker/hold.Dockerfile --tag funnel-hold .
FROM nginx:1.28-bookworm
COPY deploy/hold/hold.sh deploy/hold/newrelic-hold.conf.template /usr/local/libexec/otelcol-funnel/
USER 10001:10001
ENTRYPOINT ["/usr/local/libexec/otelcol-funnel/hold.sh"]
