import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bareEnv } from "../../support/bare-env.ts";
import type { Recorder } from "../recorder.ts";

export interface Child {
  pid: number;
  /** Resolves with the next message that does not carry lines for the history. Rejects if the process ends before. */
  next(): Promise<unknown>;
  send(message: unknown): void;
  kill(): void;
  exited: Promise<void>;
}

/** Starts a child process of the run. The lines that it sends are added to the history. */
export function startChild(
  module: string,
  order: unknown,
  { env, recorder }: { env: Record<string, string>; recorder: Recorder },
): Child {
  const child: ChildProcess = fork(fileURLToPath(new URL(module, import.meta.url)), [JSON.stringify(order)], {
    execArgv: ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning"],
    env: { ...bareEnv(), ...env },
  });
  const exited = once(child, "exit").then(() => {});
  const waiting: ((message: unknown) => void)[] = [];
  const unread: unknown[] = [];
  child.on("message", (message: { lines?: string }) => {
    if (message.lines !== undefined) recorder.append(message.lines);
    else if (waiting.length > 0) waiting.shift()?.(message);
    else unread.push(message);
  });
  return {
    pid: child.pid ?? 0,
    next: () =>
      unread.length > 0
        ? Promise.resolve(unread.shift())
        : Promise.race([
            new Promise((resolve) => waiting.push(resolve)),
            exited.then(() => Promise.reject(new Error(`${module} ended before it sent a message`))),
          ]),
    send: (message) => void child.send(message as object, () => {}),
    kill: () => void child.kill("SIGKILL"),
    exited,
  };
}
