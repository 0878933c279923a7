/**
 * Describes an error of a user's function for the log. Its message may quote a token, so only what looks like a name or a
 * code is used.
 */
export function labelsOf(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  const labels = [name, code].filter((label) => typeof label === "string" && LABEL.test(label));
  return labels.length > 0 ? labels.join(" ") : `a value of type ${typeof error}`;
}

/** Letters and underscores only, because nearly every token contains digits. */
const LABEL = /^[A-Za-z][A-Za-z_]{0,47}$/;
