/** Returns JSON text of this many bytes, at least 30, that looks like an application's: ids, names, times and numbers. */
export function jsonOfBytes(length: number): string {
  let seed = length;
  const below = (limit: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  const words = (count: number): string =>
    Array.from({ length: count }, () => WORDS[below(WORDS.length)]).join(" ");
  const records: string[] = [];
  const textWith = (rest: string): string => `{"records":[${records.join()}],"rest":${JSON.stringify(rest)}}`;
  let left = length - textWith("").length;
  for (;;) {
    const record = JSON.stringify({
      id: below(2 ** 31).toString(36) + below(2 ** 31).toString(36),
      customer: words(2),
      amount: below(100_000) / 100,
      at: new Date(1_700_000_000_000 + below(2 ** 31)).toISOString(),
      note: words(4),
    });
    if (record.length + 1 > left) return textWith("-".repeat(length - textWith("").length));
    records.push(record);
    left -= record.length + 1;
  }
}

const WORDS =
  "order customer delivered pending amount street city Vienna Berlin item quantity price note message update".split(
    " ",
  );
