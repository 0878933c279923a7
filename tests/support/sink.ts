import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";
import { within } from "./eventually.ts";
import type { SinkAnswer, SinkOrder, SinkPosts } from "./sink-thread.ts";

export type { SinkPosts } from "./sink-thread.ts";

/** A management endpoint without clients. It records each post and its connection. */
export interface Sink {
  managementEndpoint: string;
  /** Posts so far, whatever they were answered. */
  received(): number;
  posts(): Promise<SinkPosts>;
  /** Forgets the posts so far, and answers every connection 200 but these, which get 410, each after a while. */
  begin(gone?: readonly string[], answerAfterMs?: number): Promise<void>;
  /** Answers so many posts more; what comes after waits for `release`. */
  holdAfter(posts: number): Promise<void>;
  release(): Promise<void>;
  stop(): Promise<void>;
}

/** In a thread of its own, so that it neither slows the test down nor is slowed down by it. */
export async function startSink(): Promise<Sink> {
  const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const received = new Int32Array(shared);
  const thread = new Worker(new URL("./sink-thread.ts", import.meta.url), { workerData: shared });
  const [{ port }] = (await within("port of the sink", once(thread, "message"))) as [{ port: number }];

  async function order(message: SinkOrder): Promise<SinkPosts> {
    const answered = once(thread, "message");
    thread.postMessage(message);
    const [{ posts }] = (await within("answer of the sink", answered)) as [SinkAnswer];
    return posts;
  }

  return {
    managementEndpoint: `http://127.0.0.1:${port}`,
    received: () => Atomics.load(received, 0),
    posts: () => order({ do: "report" }),
    async begin(gone = [], answerAfterMs = 0) {
      await order({ do: "begin", gone, answerAfterMs });
    },
    async holdAfter(posts) {
      await order({ do: "hold", after: posts });
      onTestFinished(async () => void (await order({ do: "hold", after: Number.POSITIVE_INFINITY })));
    },
    async release() {
      await order({ do: "hold", after: Number.POSITIVE_INFINITY });
    },
    async stop() {
      await thread.terminate();
    },
  };
}

/** Points the project's own functions at a sink, where SST would link them to the API. */
export const functionsPostingTo = ({
  managementEndpoint,
}: Pick<Sink, "managementEndpoint">): Record<string, string> => ({
  SST_RESOURCE_PubsubApi: JSON.stringify({ url: "ws://sink.invalid", managementEndpoint }),
});
