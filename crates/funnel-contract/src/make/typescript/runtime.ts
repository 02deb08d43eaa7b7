type Check = (value: unknown) => string | undefined;

const DAY_MILLIS = 86_400_000;

/** One of these texts. */
function listed(broken: string, ...texts: string[]): Check {
  return (value) => {
    if (typeof value !== "string") return "type";
    return texts.includes(value) ? undefined : broken;
  };
}

/** A text of this pattern in which none of the others is found. */
function pattern(broken: string, whole: string, ...refused: string[]): Check {
  const shape = new RegExp(whole, "u");
  const found = refused.map((one) => new RegExp(one, "u"));
  return (value) => {
    if (typeof value !== "string") return "type";
    const passes = shape.test(value) && !found.some((one) => one.test(value));
    return passes ? undefined : broken;
  };
}

/** A slug that the contract closes to these words. */
function closed(slug: Check, ...texts: string[]): Check {
  return (value) => {
    if (typeof value === "string" && texts.includes(value)) return undefined;
    return slug(value) ?? "vocabulary";
  };
}

function boolean(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : "type";
}

function integer(broken: string, least: number, greatest: number): Check {
  return (value) => {
    if (typeof value !== "number" || !Number.isInteger(value)) return "type";
    return least <= value && value <= greatest ? undefined : broken;
  };
}

function number(least: number, greatest: number): Check {
  return (value) => {
    if (typeof value !== "number") return "type";
    // Nothing is true of a NaN, so that it is refused.
    return least <= value && value <= greatest ? undefined : "number";
  };
}
