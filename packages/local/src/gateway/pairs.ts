type Pairs = readonly (readonly [string, string])[];

/** The last value of each name, as API Gateway's single-value maps hold it. */
export function lastOfEach(pairs: Pairs): Record<string, string> {
  return Object.fromEntries(pairs);
}

/** Every value of each name, in order of arrival. */
export function collectPairs(pairs: Pairs): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
}
