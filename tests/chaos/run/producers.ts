import type { Recorder } from "../recorder.ts";
import { type Child, startChild } from "./child.ts";
import type { ProducerOrder } from "./producer.ts";

export interface Producers {
  pids(): number[];
  /** Kills a producer. Another one replaces it at once. */
  kill(pid: number): boolean;
  /** Lets each producer finish its current publishes, then stops it. */
  stop(): Promise<void>;
}

export function startProducers(
  count: number,
  order: Omit<ProducerOrder, "name">,
  context: { env: Record<string, string>; recorder: Recorder },
): Producers {
  const running = new Set<Child>();
  let started = 0;
  let stopping = false;

  function start(): void {
    const number = ++started;
    const own = { ...order, seed: order.seed * 1_000 + number, name: `p${number}` };
    const child = startChild("./producer.ts", own, context);
    running.add(child);
    void child.exited.then(() => {
      running.delete(child);
      if (!stopping) start();
    });
  }

  for (let n = 0; n < count; n++) start();
  return {
    pids: () => [...running].map(({ pid }) => pid),
    kill(pid) {
      const child = [...running].find((one) => one.pid === pid);
      child?.kill();
      return child !== undefined;
    },
    async stop() {
      stopping = true;
      const ending = [...running];
      for (const child of ending) child.send("stop");
      await Promise.all(ending.map(({ exited }) => exited));
    },
  };
}
