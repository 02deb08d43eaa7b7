// Check returns the rule that a caller's value breaks on a step, or nothing
// when it is kept. Values are string, bool, int64 and float64.
func Check(step, key string, value any) string {
	rule, known := checks[key]
	if !known {
		return "unknown_key"
	}
	if !fromCaller[key] {
		return "reserved"
	}
	if broken := rule(value); broken != "" {
		return broken
	}
	if on, some := steps[key]; some && !slices.Contains(on, step) {
		return "step"
	}
	return ""
}

// EventID returns the id of a business fact: the same for each retry, in every
// language.
func EventID(kind, fact string) string {
	text := []byte("instant-funnel/event-id/1")
	text = binary.BigEndian.AppendUint64(text, uint64(len(kind)))
	digest := sha256.Sum256(append(append(text, kind...), fact...))
	for at := range 17 {
		id := hex.EncodeToString(digest[at : at+16])
		if strings.ContainsAny(id, "abcdef") {
			return id
		}
	}
	return hex.EncodeToString(digest[:16])
}

func freshID(millis int64) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(millis)<<16)
	// It never fails.
	_, _ = rand.Read(id[6:])
	// A letter, which every id has.
	id[6] |= 0xa0
	return hex.EncodeToString(id[:])
}

// A Recorder records events with a logger of the application's own SDK.
type Recorder struct {
	logger  log.Logger
	process map[string]any
	onDrop  func(key, rule string)
}

// NewRecorder takes what the process knows. A value that breaks its rule is an
// error.
func NewRecorder(logger log.Logger, options Options) (*Recorder, error) {
	if options.Cohort == "" {
		options.Cohort = "real"
	}
	process := make(map[string]any)
	for _, one := range options.fields() {
		if one.value == nil {
			continue
		}
		if broken := checks[one.key](one.value); broken != "" {
			return nil, fmt.Errorf("%s breaks the rule %s", one.key, broken)
		}
		process[one.key] = one.value
	}
	onDrop := options.OnDrop
	if onDrop == nil {
		onDrop = func(string, string) {}
	}
	return &Recorder{logger: logger, process: process, onDrop: onDrop}, nil
}

// Record records an event without the values that break a rule.
func (r *Recorder) Record(ctx context.Context, event Event) {
	now := time.Now()
	common := event.common()
	at := common.At
	if at.IsZero() {
		at = now
	}
	step := event.step()
	attributes := maps.Clone(constants)
	maps.Copy(attributes, r.process)
	kind := EventName
	if step != "" {
		attributes[stepKey] = step
		kind = step
	}
	own := []field{
		{"actor", text(common.Actor)},
		{"cohort", text(common.Cohort)},
		{"env", text(common.Env)},
	}
	for _, one := range append(own, event.fields()...) {
		if one.value != nil {
			r.keep(attributes, one, Check(step, one.key, one.value))
		}
	}
	if common.Journey != nil {
		millis := min(at.UnixMilli(), now.UnixMilli())
		r.keepJourney(attributes, step, *common.Journey, millis)
	}
	attributes["eventId"] = freshID(now.UnixMilli())
	if common.EventFact != "" {
		attributes["eventId"] = EventID(kind, common.EventFact)
	}
	r.emit(ctx, at, now, attributes)
}

func (r *Recorder) keep(attributes map[string]any, one field, broken string) {
	if broken == "" {
		attributes[one.key] = one.value
	} else {
		r.onDrop(one.key, broken)
	}
}

func (r *Recorder) keepJourney(attributes map[string]any, step string, journey Journey, millis int64) {
	r.keep(attributes, field{"journeyId", journey.ID}, Check(step, "journeyId", journey.ID))
	if journey.Cohort != "" {
		r.keep(attributes, field{"cohort", journey.Cohort}, Check(step, "cohort", journey.Cohort))
	}
	if journey.StartMillis == 0 {
		return
	}
	broken := checks["journeyStart"](journey.StartMillis)
	if broken == "" && journey.StartMillis > millis+dayMillis {
		broken = "instant"
	}
	r.keep(attributes, field{"journeyStart", journey.StartMillis}, broken)
	if journey.EntryActor != "" {
		broken := checks["entryActor"](journey.EntryActor)
		r.keep(attributes, field{"entryActor", journey.EntryActor}, broken)
	}
}

func (r *Recorder) emit(ctx context.Context, at, now time.Time, attributes map[string]any) {
	var record log.Record
	record.SetEventName(EventName)
	record.SetTimestamp(at)
	record.SetObservedTimestamp(now)
	record.SetSeverity(log.SeverityInfo)
	record.SetSeverityText("INFO")
	record.SetBody(attribute.StringValue(EventName))
	for key, value := range attributes {
		switch value := value.(type) {
		case string:
			record.AddAttributes(attribute.String(key, value))
		case bool:
			record.AddAttributes(attribute.Bool(key, value))
		case int64:
			record.AddAttributes(attribute.Int64(key, value))
		case float64:
			record.AddAttributes(attribute.Float64(key, value))
		}
	}
	r.logger.Emit(ctx, record)
}

type field struct {
	key   string
	value any
}

// text is nothing when it is empty.
func text[T ~string](value T) any {
	if value == "" {
		return nil
	}
	return string(value)
}
