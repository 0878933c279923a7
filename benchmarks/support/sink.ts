import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { processUsage } from "./process-usage.ts";
import type { SinkMessage, SinkOrder, SinkReport, SinkSettings } from "./sink-protocol.ts";

export type { SinkReport, SinkSettings } from "./sink-protocol.ts";

/** Replaces API Gateway's management endpoint. It runs in its own process and does as little work as possible. */
export interface Sink {
  /** The URL with the stage. */
  endpoint: string;
  /** Environment variables that let a posting process trust the sink's certificate. */
  trust: Readonly<Record<string, string>>;
  /** Forgets all posts and fills the token bucket. */
  begin(settings: SinkSettings): Promise<void>;
  report(): Promise<SinkReport>;
  /** The number of 200 responses since `begin`. It can be up to 50 ms old. */
  accepted(): number;
  /** CPU time of the sink's process so far. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

const CERTIFICATE = fileURLToPath(new URL("../certificate/localhost.cert.pem", import.meta.url));

/** Starts the sink. It does not verify signatures: the local gateway does that, and here it would cost CPU time. */
export async function startSink(): Promise<Sink> {
  const child = fork(new URL("./sink-process.ts", import.meta.url), {
    // An explicit list, because the child would otherwise inherit the flags of a profiled or tested parent
    execArgv: [],
    serialization: "advanced",
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let accepted = 0;
  child.on("message", (message: SinkMessage) => {
    if (message.type === "accepted") accepted = message.accepted;
  });
  const { port } = await waitForMessage(child, "listening");

  async function order<Type extends SinkMessage["type"]>(
    message: SinkOrder,
    type: Type,
  ): Promise<Extract<SinkMessage, { type: Type }>> {
    const received = waitForMessage(child, type);
    child.send(message);
    return received;
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

/** Resolves with the next message of this type. Rejects if the process ends before. */
function waitForMessage<Type extends SinkMessage["type"]>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<SinkMessage, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the sink has ended with code ${code}`));
    child.once("exit", ended);
    child.on("message", function listen(message: SinkMessage) {
      if (message.type !== type) return;
      child.off("message", listen);
      child.off("exit", ended);
      resolve(message as Extract<SinkMessage, { type: Type }>);
    });
  });
}
