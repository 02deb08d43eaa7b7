// optional is nothing when it is not given.
func optional[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}
