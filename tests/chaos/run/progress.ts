/** Overwrites one line on stderr if that is a terminal. Otherwise it writes nothing. */
export function createProgress(): { show(text: string): void; end(): void } {
  const { stderr } = process;
  const startedMs = performance.now();
  if (!stderr.isTTY) return { show: () => {}, end: () => {} };
  const write = (text: string): void => {
    stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns || 80) - 1)}`);
  };
  return {
    show: (text) => write(`${Math.round((performance.now() - startedMs) / 1_000)} s  ${text}`),
    end: () => write(""),
  };
}
