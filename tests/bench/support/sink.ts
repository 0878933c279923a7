import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { processUsage } from "./process-usage.ts";
import type { SinkAnswer, SinkOrder, SinkReport, SinkSettings } from "./sink-protocol.ts";

export type { SinkReport, SinkSettings } from "./sink-protocol.ts";

/** Stands for API Gateway's management endpoint, in a process of its own, as cheap as it can be made. */
export interface Sink {
  /** With the stage. */
  endpoint: string;
  /** For the environment of whoever posts: it then trusts the sink's certificate. */
  trust: Readonly<Record<string, string>>;
  /** Forgets the posts so far; an empty bucket is full again. */
  begin(settings: SinkSettings): Promise<void>;
  report(): Promise<SinkReport>;
  /** Posts answered 200 since `begin`, as of 50 ms ago at the most. */
  accepted(): number;
  /** CPU time of the sink's process so far. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

const CERTIFICATE = fileURLToPath(new URL("../certificate/localhost.cert.pem", import.meta.url));

/** Signatures are not verified: the local gateway does that, and here it would only cost. */
export async function startSink(): Promise<Sink> {
  const child = fork(new URL("./sink-process.ts", import.meta.url), {
    // Stated in full: the flags of a profiled or a tested parent would otherwise be inherited
    execArgv: [],
    serialization: "advanced",
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let accepted = 0;
  child.on("message", (answer: SinkAnswer) => {
    if (answer.type === "accepted") accepted = answer.accepted;
  });
  const { port } = await answerOf(child, "listening");

  async function order<Type extends SinkAnswer["type"]>(
    message: SinkOrder,
    type: Type,
  ): Promise<Extract<SinkAnswer, { type: Type }>> {
    const answered = answerOf(child, type);
    child.send(message);
    return answered;
  }

  return {
    endpoint: `https://localhost:${port}/$default`,
    trust: { NODE_EXTRA_CA_CERTS: CERTIFICATE },
    async begin(settings) {
      await order({ do: "begin", settings }, "begun");
      accepted = 0;
    },
    report: async () => (await order({ do: "report" }, "report")).report,
    accepted: () => accepted,
    cpuMicros: () => processUsage(child.pid ?? 0).cpuMicros,
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Rejects when the process ends before it answers. */
function answerOf<Type extends SinkAnswer["type"]>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<SinkAnswer, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the sink has ended, with code ${code}`));
    child.once("exit", ended);
    child.on("message", function listen(answer: SinkAnswer) {
      if (answer.type !== type) return;
      child.off("message", listen);
      child.off("exit", ended);
      resolve(answer as Extract<SinkAnswer, { type: Type }>);
    });
  });
}
