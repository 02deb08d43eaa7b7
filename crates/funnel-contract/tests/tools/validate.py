"""Reads {"schema", "values"} and prints whether the schema takes each value."""

import json
import sys

from jsonschema import Draft202012Validator

asked = json.load(sys.stdin)
Draft202012Validator.check_schema(asked["schema"])
validator = Draft202012Validator(asked["schema"])
print(json.dumps([validator.is_valid(value) for value in asked["values"]]))
