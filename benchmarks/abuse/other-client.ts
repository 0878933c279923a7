import { startChild } from "../support/bench-child.ts";

export interface OtherOrder {
  do: "start" | "stop";
  websocketUrl: string;
}

export interface OtherReply {
  count: number;
  medianMs: number;
  p99Ms: number;
  maxMs: number;
}

export interface OtherClient {
  stop(): Promise<OtherReply>;
}

/** Starts a client in a process of its own, so that the attack does not slow down its clock. It subscribes twice a second. */
export async function startOther(websocketUrl: string): Promise<OtherClient> {
  const child = await startChild<OtherOrder, OtherReply>(new URL("./other.ts", import.meta.url), {});
  await child.ask({ do: "start", websocketUrl });
  return {
    async stop() {
      const reply = await child.ask({ do: "stop", websocketUrl });
      await child.stop();
      return reply;
    },
  };
}
