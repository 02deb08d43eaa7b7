_Check = Callable[[object], "str | None"]
_DAY_MILLIS = 86_400_000


def _listed(broken: str, *texts: str) -> _Check:
    """Check for one of these texts."""

    def check(value: object) -> str | None:
        if not isinstance(value, str):
            return "type"
        return None if value in texts else broken

    return check


def _pattern(broken: str, whole: str, *refused: str) -> _Check:
    """Check for a text of this pattern in which none of the others is found."""
    shape = re.compile(whole)
    found = [re.compile(one) for one in refused]

    def check(value: object) -> str | None:
        if not isinstance(value, str):
            return "type"
        if shape.fullmatch(value) and not any(one.search(value) for one in found):
            return None
        return broken

    return check


def _closed(slug: _Check, *texts: str) -> _Check:
    """Check for a slug that the contract closes to these words."""

    def check(value: object) -> str | None:
        if isinstance(value, str) and value in texts:
            return None
        return slug(value) or "vocabulary"

    return check


def _boolean(value: object) -> str | None:
    return None if isinstance(value, bool) else "type"


def _integer(broken: str, least: int, greatest: int) -> _Check:
    def check(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "type"
        return None if least <= value <= greatest else broken

    return check


def _number(least: float, greatest: float) -> _Check:
    def check(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "type"
        # Nothing is true of a NaN, so that it is refused.
        return None if least <= value <= greatest else "number"

    return check
