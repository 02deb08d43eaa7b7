#!/usr/bin/env python3
"""Sends the requests of an archive to a collector again, in order, one at a time.

    replay.py FILE... [URL]      URL defaults to http://127.0.0.1:4318

Give it copies: what is replayed is archived again. Everything in the files is sent, also what New Relic already has;
readers count distinct eventIds. A message is four bytes of length and an OTLP request. Where a killed collector left
half of one, the search goes on at the next whole message, and the bytes between are told.
"""

import sys
import time
import urllib.error
import urllib.request

REPEATED = {429, 502, 503, 504}
# Twice what the collector takes.
LONGEST = 8 << 20


def varint(data, at):
    value = shift = 0
    while at < len(data) and shift < 64:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    return None, at


def is_request(body):
    """Whether fields of number 1, which is all that a logs request has, fill `body` to its end."""
    at = 0
    while at < len(body):
        if body[at] != 0x0A:
            return False
        length, at = varint(body, at + 1)
        if length is None:
            return False
        at += length
    return at == len(body) > 0


def whole(data, at):
    """The length of the message at `at`, or 0 when none is there or not all of it."""
    length = int.from_bytes(data[at : at + 4], "big")
    if not 0 < length <= LONGEST or at + 4 + length > len(data) or data[at + 4] != 0x0A:
        return 0
    return length if is_request(data[at + 4 : at + 4 + length]) else 0


def may_start(data, at):
    """Whether a message could begin at `at`, as far as its first bytes tell."""
    length = int.from_bytes(data[at : at + 4], "big")
    return len(data) < at + 6 or (0 < length <= LONGEST and data[at + 4] == 0x0A)


def messages(data):
    at = lost = 0
    while at + 4 < len(data):
        length = whole(data, at)
        step = 0 if length else 1
        if length and not may_start(data, at + 4 + length):
            # Perhaps half a message, whose length reaches into what was written behind it.
            inside = range(at + 1, at + 4 + length)
            step = next((start - at for start in inside if whole(data, start)), 0)
        if step == 0:
            yield data[at + 4 : at + 4 + length]
            step = 4 + length
        else:
            lost += step
        at += step
    lost += len(data) - at
    if lost:
        print(f"replay.py: {lost} bytes were no whole message", file=sys.stderr)


def send(url, body):
    request = urllib.request.Request(f"{url}/v1/logs", body, {"Content-Type": "application/x-protobuf"})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60):
                return
        except urllib.error.HTTPError as error:
            if error.code not in REPEATED:
                raise SystemExit(f"replay.py: refused with {error.code}; stopped") from None
            reason = error.code
        except OSError as error:
            reason = error
        print(f"replay.py: {reason}; again in 1 s", file=sys.stderr)
        time.sleep(1)


def main(arguments):
    url = arguments.pop().rstrip("/") if arguments and "://" in arguments[-1] else "http://127.0.0.1:4318"
    if not arguments:
        raise SystemExit(__doc__)
    sent = 0
    for file in arguments:
        with open(file, "rb") as archive:
            for body in messages(archive.read()):
                send(url, body)
                sent += 1
    print(f"replay.py: {sent} requests sent", file=sys.stderr)


main(sys.argv[1:])
