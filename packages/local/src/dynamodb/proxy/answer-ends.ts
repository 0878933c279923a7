/** Keeps the beginning and the end of a response while it streams through. */
export interface AnswerEnds {
  push(chunk: Buffer): void;
  /** Returns the first bytes: at least `keptBytes`, or all if fewer have arrived. */
  head(): string;
  /** Returns the last bytes: at least `keptBytes`, or all if fewer have arrived. */
  tail(): string;
}

export function createAnswerEnds(keptBytes: number): AnswerEnds {
  const first: Buffer[] = [];
  let firstBytes = 0;
  const last: Buffer[] = [];
  let lastBytes = 0;

  return {
    push(chunk) {
      if (firstBytes < keptBytes) {
        first.push(chunk);
        firstBytes += chunk.length;
      }
      last.push(chunk);
      lastBytes += chunk.length;
      for (let [oldest] = last; oldest && lastBytes - oldest.length >= keptBytes; [oldest] = last) {
        lastBytes -= oldest.length;
        last.shift();
      }
    },
    head: () => Buffer.concat(first).toString(),
    tail: () => Buffer.concat(last).toString(),
  };
}
