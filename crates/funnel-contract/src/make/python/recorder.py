def check(step: str | None, key: str, value: object) -> str | None:
    """Return the rule that a caller's value breaks on a step; None when it is kept."""
    if key not in _CHECKS:
        return "unknown_key"
    if key not in _FROM_CALLER:
        return "reserved"
    broken = _CHECKS[key](value)
    if broken is None and step not in _STEPS.get(key, (step,)):
        return "step"
    return broken


def event_id(kind: str, fact: str) -> str:
    """Make the id of a business fact: the same for each retry, in every language."""
    text = b"instant-funnel/event-id/1" + len(kind.encode()).to_bytes(8, "big")
    digest = hashlib.sha256(text + kind.encode() + fact.encode()).digest()
    windows = [digest[at : at + 16].hex() for at in range(17)]
    return next((one for one in windows if re.search("[a-f]", one)), windows[0])


def _fresh_id(millis: int) -> str:
    tail = bytearray(secrets.token_bytes(10))
    # A letter, which every id has.
    tail[0] |= 0xA0
    return (millis.to_bytes(6, "big") + tail).hex()


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value
