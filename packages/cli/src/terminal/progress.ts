/** A line that is written over, on a terminal only. In a pipe nothing is written. */
export interface Progress {
  show(text: string): void;
  clear(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const clear = (): void => void (stream.isTTY && stream.write("\r\u001b[K"));
  return {
    show(text) {
      clear();
      if (stream.isTTY) stream.write(text.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
    },
    clear,
  };
}
