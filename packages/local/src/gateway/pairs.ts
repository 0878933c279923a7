type Pairs = readonly (readonly [string, string])[];

/** Returns the last value of each name, as in API Gateway's single-value maps. */
export function lastOfEach(pairs: Pairs): Record<string, string> {
  return Object.fromEntries(pairs);
}

/** Returns every value of each name, in order of arrival. */
export function collectPairs(pairs: Pairs): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
}
