    def record(self, event: Event) -> None:
        """Record an event without the values that break a rule."""
        now = time.time_ns()
        at = now if event.at is None else int(event.at.timestamp() * 1000) * 1_000_000
        step = event.STEP
        attributes = {**_CONSTANTS, **self._process}
        if step is not None:
            attributes[_STEP_KEY] = step
        for name, key in _FIELDS.items():
            value = _plain(getattr(event, name, None))
            if value is not None:
                self._keep(attributes, key, value, check(step, key, value))
        if event.journey is not None:
            millis = min(at, now) // 1_000_000
            self._keep_journey(attributes, step, event.journey, millis)
        if event.event_fact is None:
            attributes["eventId"] = _fresh_id(now // 1_000_000)
        else:
            attributes["eventId"] = event_id(step or EVENT, event.event_fact)
        self._logger.emit(
            LogRecord(
                timestamp=at,
                observed_timestamp=now,
                severity_number=SeverityNumber.INFO,
                severity_text="INFO",
                body=EVENT,
                attributes=attributes,
                event_name=EVENT,
            )
        )

    def _keep(
        self, attributes: dict[str, Any], key: str, value: object, broken: str | None
    ) -> None:
        if broken is None:
            attributes[key] = value
        elif self._on_drop is not None:
            self._on_drop(key, broken)

    def _keep_journey(
        self,
        attributes: dict[str, Any],
        step: str | None,
        journey: Journey,
        millis: int,
    ) -> None:
        broken = check(step, "journeyId", journey.id)
        self._keep(attributes, "journeyId", journey.id, broken)
        if journey.cohort is not None:
            broken = check(step, "cohort", journey.cohort)
            self._keep(attributes, "cohort", journey.cohort, broken)
        if journey.start_millis is None:
            return
        broken = _CHECKS["journeyStart"](journey.start_millis)
        if broken is None and journey.start_millis > millis + _DAY_MILLIS:
            broken = "instant"
        self._keep(attributes, "journeyStart", journey.start_millis, broken)
        if journey.entry_actor is not None:
            broken = _CHECKS["entryActor"](journey.entry_actor)
            self._keep(attributes, "entryActor", journey.entry_actor, broken)
