#!/bin/sh
# Runs the hold: nginx between the collector and New Relic, in the foreground. No root, nothing below /etc.
#
#   hold.sh [FOLDER]      FOLDER (default: $RUNTIME_DIRECTORY, else a new one) keeps its configuration and temporary files
#
# HOLD_LISTEN, HOLD_UPSTREAM, HOLD_RESOLVER, HOLD_CA_BUNDLE and HOLD_RETRY_AFTER as in newrelic-hold.conf.template, which
# is looked for beside this script. Without HOLD_RESOLVER the first name server of /etc/resolv.conf is used.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${RUNTIME_DIRECTORY:-$(mktemp -d)}}
resolver=$(sed -n 's/^nameserver  *\([0-9.]*\) *$/\1/p' /etc/resolv.conf 2>/dev/null | head -n 1)
: "${HOLD_LISTEN:=127.0.0.1:14399}" "${HOLD_UPSTREAM:=https://otlp.nr-data.net}" "${HOLD_RETRY_AFTER:=30}"
: "${HOLD_RESOLVER:=${resolver:-127.0.0.53}}" "${HOLD_CA_BUNDLE:=/etc/ssl/certs/ca-certificates.crt}"

case $HOLD_UPSTREAM in
https://* | http://127.* | http://localhost*) ;;
*)
    echo "hold.sh: HOLD_UPSTREAM has to begin with https://, since requests carry the licence key" >&2
    exit 1
    ;;
esac
if [ ! -r "$HOLD_CA_BUNDLE" ]; then
    echo "hold.sh: HOLD_CA_BUNDLE names no file that can be read: $HOLD_CA_BUNDLE" >&2
    exit 1
fi

# As envsubst would, which not every machine has.
sed -e "s|\${HOLD_LISTEN}|$HOLD_LISTEN|; s|\${HOLD_UPSTREAM}|$HOLD_UPSTREAM|; s|\${HOLD_RESOLVER}|$HOLD_RESOLVER|" \
    -e "s|\${HOLD_CA_BUNDLE}|$HOLD_CA_BUNDLE|; s|\${HOLD_RETRY_AFTER}|$HOLD_RETRY_AFTER|" \
    "$here/newrelic-hold.conf.template" >"$folder/hold.conf"
cat >"$folder/nginx.conf" <<END
daemon off;
pid $folder/pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    include $folder/hold.conf;
}
END
PATH=$PATH:/usr/sbin:/usr/local/sbin
exec nginx -p "$folder" -e stderr -c "$folder/nginx.conf"
