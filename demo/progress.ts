import type { WriteStream } from "node:tty";
import { SingleBar } from "cli-progress";

const UPDATE_MS = 100;

/** Draws the progress of `work` on standard error if that is a terminal, and draws nothing in a pipe. */
export async function withProgress<Result>(
  { label, total, current, stream = process.stderr }: Progress,
  work: () => Promise<Result>,
): Promise<Result> {
  // No estimate of the time left: until something arrives it is infinite, and the package prints "NFs"
  const format = `${label.padEnd(10)} {bar} {percentage} %  {value}/{total}`;
  const bar = new SingleBar({ format, stream, hideCursor: true, gracefulExit: false });
  bar.start(total, 0);
  const update = (): void => bar.update(current());
  const timer = setInterval(update, UPDATE_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    update();
    bar.stop();
  }
}

export interface Progress {
  label: string;
  total: number;
  current(): number;
  stream?: WriteStream;
}
