  /** Records an event without the values that break a rule. */
  record(event: @EVENT@Event): void {
    const now = new Date();
    const at = event.at ?? now;
    const given: @EVENT@Event & { step?: string } = event;
    const { step, journey, eventFact, at: _at, ...fields } = given;
    const attributes: AnyValueMap = { ...CONSTANTS, ...this.process };
    if (step !== undefined) attributes[STEP_KEY] = step;
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) {
        this.keep(attributes, key, value, check(step, key, value));
      }
    }
    if (journey !== undefined) {
      const millis = Math.min(at.getTime(), now.getTime());
      this.keepJourney(attributes, step, journey, millis);
    }
    attributes["eventId"] =
      eventFact === undefined
        ? freshId(now.getTime())
        : eventId(step ?? EVENT, eventFact);
    this.logger.emit({
      eventName: EVENT,
      timestamp: at,
      observedTimestamp: now,
      severityNumber: SeverityNumber.INFO,
      severityText: "INFO",
      body: EVENT,
      attributes,
    });
  }

  private keep(
    attributes: AnyValueMap,
    key: string,
    value: AnyValue,
    broken: string | undefined,
  ): void {
    if (broken === undefined) attributes[key] = value;
    else this.options.onDrop?.(key, broken);
  }

  private keepJourney(
    attributes: AnyValueMap,
    step: string | undefined,
    journey: Journey,
    millis: number,
  ): void {
    const { id, cohort, startMillis: start, entryActor: actor } = journey;
    this.keep(attributes, "journeyId", id, check(step, "journeyId", id));
    if (cohort !== undefined) {
      this.keep(attributes, "cohort", cohort, check(step, "cohort", cohort));
    }
    if (start === undefined) return;
    const late = start > millis + DAY_MILLIS ? "instant" : undefined;
    const broken = CHECKS.get("journeyStart")?.(start) ?? late;
    this.keep(attributes, "journeyStart", start, broken);
    if (actor !== undefined) {
      const broken = CHECKS.get("entryActor")?.(actor);
      this.keep(attributes, "entryActor", actor, broken);
    }
  }
}
