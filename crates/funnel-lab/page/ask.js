// Talks to the lab.

async function json(path, options) {
  const response = await fetch(path, { cache: "no-store", ...options });
  return [response.ok, await response.json()];
}

export async function get(path) {
  const [ok, body] = await json(path);
  if (!ok) throw new Error(body.error?.message ?? "the lab gave no answer");
  return body;
}

export class QueryError extends Error {
  constructor(problem) {
    super(problem.message);
    this.problem = problem;
  }
}

export async function query(nrql, signal) {
  const body = JSON.stringify({ nrql });
  const [ok, answer] = await json("/api/query", {
    method: "POST", headers: { "content-type": "application/json" }, body, signal,
  });
  if (!ok) throw new QueryError(answer.error ?? { message: "the lab gave no answer" });
  return answer;
}

// The steps of a query whose only column is funnel().
export function steps(answer) {
  return answer.rawResponse?.results?.[0]?.steps ?? [];
}

// A string as an NRQL string.
export function quote(text) {
  return `'${String(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
