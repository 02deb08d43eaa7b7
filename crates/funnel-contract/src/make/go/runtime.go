// A check returns the rule that a value breaks, or nothing.
type check func(value any) string

const dayMillis = 86_400_000

// listed takes one of these texts.
func listed(broken string, texts ...string) check {
	return func(value any) string {
		text, ok := value.(string)
		if !ok {
			return "type"
		}
		if slices.Contains(texts, text) {
			return ""
		}
		return broken
	}
}

// pattern takes a text of this pattern in which none of the others is found.
func pattern(broken, whole string, refused ...string) check {
	shape := regexp.MustCompile(whole)
	found := make([]*regexp.Regexp, len(refused))
	for at, one := range refused {
		found[at] = regexp.MustCompile(one)
	}
	return func(value any) string {
		text, ok := value.(string)
		if !ok {
			return "type"
		}
		holds := func(one *regexp.Regexp) bool { return one.MatchString(text) }
		if shape.MatchString(text) && !slices.ContainsFunc(found, holds) {
			return ""
		}
		return broken
	}
}

// closed takes a slug that the contract closes to these words.
func closed(slug check, words ...string) check {
	return func(value any) string {
		if text, ok := value.(string); ok && slices.Contains(words, text) {
			return ""
		}
		if broken := slug(value); broken != "" {
			return broken
		}
		return "vocabulary"
	}
}

func boolean(value any) string {
	if _, ok := value.(bool); ok {
		return ""
	}
	return "type"
}

func integer(broken string, least, greatest int64) check {
	return func(value any) string {
		number, ok := value.(int64)
		if !ok {
			return "type"
		}
		if least <= number && number <= greatest {
			return ""
		}
		return broken
	}
}

func number(least, greatest float64) check {
	return func(value any) string {
		number, ok := value.(float64)
		if whole, isWhole := value.(int64); isWhole {
			number, ok = float64(whole), true
		}
		if !ok {
			return "type"
		}
		// Nothing is true of a NaN, so that it is refused.
		if least <= number && number <= greatest {
			return ""
		}
		return "number"
	}
}
