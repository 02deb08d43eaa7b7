/** The rule that a caller's value breaks on a step; undefined when it is kept. */
export function check(
  step: string | undefined,
  key: string,
  value: unknown,
): string | undefined {
  const rule = CHECKS.get(key);
  if (rule === undefined) return "unknown_key";
  if (!FROM_CALLER.has(key)) return "reserved";
  const broken = rule(value);
  if (broken !== undefined) return broken;
  const steps = STEPS.get(key);
  return steps === undefined || steps.includes(step ?? "") ? undefined : "step";
}

/** The id of a business fact: the same for each retry, in every language. */
export function eventId(kind: string, fact: string): string {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(Buffer.byteLength(kind)));
  const hash = createHash("sha256").update("instant-funnel/event-id/1");
  const digest = hash.update(length).update(kind).update(fact).digest();
  const windows = Array.from({ length: 17 }, (_, at) =>
    digest.subarray(at, at + 16).toString("hex"),
  );
  return windows.find((one) => /[a-f]/u.test(one)) ?? windows[0] ?? "";
}

function freshId(millis: number): string {
  const id = randomBytes(16);
  id.writeUIntBE(millis, 0, 6);
  // A letter, which every id has.
  id[6] = (id[6] ?? 0) | 0xa0;
  return id.toString("hex");
}
