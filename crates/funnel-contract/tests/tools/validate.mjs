// Reads {"schema", "values"} and prints whether the schema takes each value.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const Ajv = createRequire(`${process.cwd()}/`)("ajv/dist/2020").default;
const { schema, values } = JSON.parse(readFileSync(0, "utf8"));
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
console.log(JSON.stringify(values.map((value) => validate(value))));
