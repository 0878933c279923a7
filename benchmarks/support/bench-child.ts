import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A child process of a benchmark that handles one order at a time. */
export interface BenchChild<Order, Reply> {
  pid: number;
  /** Sends an order and resolves with the reply. Rejects if the process fails or ends. */
  ask(order: Order): Promise<Reply>;
  stop(): Promise<void>;
}

export type ChildMessage<Reply> = { ready: true } | { reply: Reply } | { failed: string };

/** Starts a module that calls `handleOrders`, with only this environment. Resolves when the module is loaded. */
export async function startChild<Order, Reply>(
  script: URL,
  env: Readonly<Record<string, string>>,
): Promise<BenchChild<Order, Reply>> {
  const name = fileURLToPath(script);
  const child = fork(name, {
    execArgv: ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning"],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  const exited = once(child, "exit");
  const ended = exited.then(([code, signal]): never => {
    throw new Error(`${name} ended with ${signal ?? `code ${code}`}`);
  });
  ended.catch(() => {}); // `stop` ends the process without a pending `ask`

  async function nextMessage(): Promise<ChildMessage<Reply>> {
    const [message] = await Promise.race([once(child, "message"), ended]);
    return message as ChildMessage<Reply>;
  }

  await nextMessage();
  return {
    pid: child.pid ?? 0,
    async ask(order) {
      const replied = nextMessage();
      child.send(order as object);
      const message = await replied;
      if ("reply" in message) return message.reply;
      throw new Error(
        `${name}: ${"failed" in message ? message.failed : "expected a reply; got a second ready message"}`,
      );
    },
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
