import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";
import { within } from "./eventually.ts";
import type { SinkAnswer, SinkOrder, SinkPosts } from "./sink-thread.ts";

export type { SinkPosts } from "./sink-thread.ts";

/** A management endpoint without clients. It records each post and its connection. */
export interface Sink {
  managementEndpoint: string;
  /** Returns the number of posts so far, with any response. */
  received(): number;
  posts(): Promise<SinkPosts>;
  /** Forgets the posts so far. Responds after `answerAfterMs` with 410 to posts to `gone`, and with 200 to others. */
  begin(gone?: readonly string[], answerAfterMs?: number): Promise<void>;
  /** Resets the connection of the first post to each connection id, until `begin`. */
  refuseFirst(): Promise<void>;
  /** Responds to this number of further posts. Later posts wait for `release`. */
  holdAfter(posts: number): Promise<void>;
  release(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a sink in its own thread, so that the sink and the test do not slow each other down. */
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
    async refuseFirst() {
      await order({ do: "refuse-first" });
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

/** Makes the project's own functions post to a sink instead of the API. */
export const functionsPostingTo = ({
  managementEndpoint,
}: Pick<Sink, "managementEndpoint">): Record<string, string> => ({
  PUBSUB_MANAGEMENT_ENDPOINT: managementEndpoint,
});
