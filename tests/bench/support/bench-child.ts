import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process of a benchmark's own that does one thing at a time, when asked. */
export interface BenchChild<Order, Answer> {
  pid: number;
  /** Rejects when the process fails or ends. */
  ask(order: Order): Promise<Answer>;
  stop(): Promise<void>;
}

export type ChildMessage<Answer> = { ready: true } | { answer: Answer } | { failed: string };

/** Starts a module that calls `answerOrders`, with this environment and no more; resolves when it is loaded. */
export async function startChild<Order, Answer>(
  script: URL,
  env: Readonly<Record<string, string>>,
): Promise<BenchChild<Order, Answer>> {
  const name = fileURLToPath(script);
  const child = fork(name, {
    execArgv: ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning"],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  const exited = once(child, "exit");
  const ended = exited.then(([code, signal]): never => {
    throw new Error(`${name} ended with ${signal ?? `code ${code}`}`);
  });
  ended.catch(() => {}); // an end that nobody waits for is `stop`

  async function heard(): Promise<ChildMessage<Answer>> {
    const [message] = await Promise.race([once(child, "message"), ended]);
    return message as ChildMessage<Answer>;
  }

  await heard();
  return {
    pid: child.pid ?? 0,
    async ask(order) {
      const answered = heard();
      child.send(order as object);
      const message = await answered;
      if ("answer" in message) return message.answer;
      throw new Error(`${name}: ${"failed" in message ? message.failed : "answered out of turn"}`);
    },
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
