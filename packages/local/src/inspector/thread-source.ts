import { Worker } from "node:worker_threads";
import { inspectorThreadPath } from "../module-paths.ts";
import type { InspectorSource } from "./source.ts";
import type { RedriveResult, WireError } from "./wire.ts";

/** To the thread. */
export interface ThreadRequest {
  id: number;
  method: keyof InspectorSource;
  request: unknown;
}

/** From the thread. */
export type ThreadReply =
  | { id: number; progress: RedriveResult }
  | { id: number; result: unknown }
  | { id: number; error: WireError };

export interface ThreadSource {
  source: InspectorSource;
  stop(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onProgress?: (soFar: RedriveResult) => void;
}

/**
 * Reads a stack from a thread with an environment of its own. The library's AWS clients take their settings from the
 * environment, and that of this process belongs to the caller, who may run several stacks. The thread starts at the first
 * request, so that a stack whose page nobody opens does not pay for it.
 */
export function createThreadSource(env: Readonly<Record<string, string>>): ThreadSource {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let lastId = 0;

  function started(): Worker {
    if (worker) return worker;
    const thread = new Worker(inspectorThreadPath, { env: { ...process.env, ...env } });
    worker = thread;
    thread.unref();
    thread.on("message", (reply: ThreadReply) => onReply(reply));
    const onEnd = (reason: unknown): void => {
      if (worker === thread) worker = undefined;
      for (const [id, { reject }] of waiting) {
        waiting.delete(id);
        reject(
          new Error(`the inspector's thread ended: ${reason instanceof Error ? reason.message : reason}`),
        );
      }
    };
    thread.on("error", onEnd).on("exit", (code) => onEnd(`exit code ${code}`));
    return thread;
  }

  function onReply(reply: ThreadReply): void {
    const call = waiting.get(reply.id);
    if ("progress" in reply) {
      call?.onProgress?.(reply.progress);
      return;
    }
    waiting.delete(reply.id);
    if ("result" in reply) call?.resolve(reply.result);
    else call?.reject(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
  }

  function call<Method extends keyof InspectorSource>(method: Method): InspectorSource[Method] {
    const ask = (request?: unknown, onProgress?: (soFar: RedriveResult) => void): Promise<unknown> =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject, ...(onProgress && { onProgress }) });
        started().postMessage({ id: lastId, method, request } satisfies ThreadRequest);
      });
    return ask as InspectorSource[Method];
  }

  return {
    source: {
      log: call("log"),
      payload: call("payload"),
      subscribers: call("subscribers"),
      members: call("members"),
      publication: call("publication"),
      publish: call("publish"),
      letters: call("letters"),
      redrive: call("redrive"),
      findTopics: call("findTopics"),
    },
    async stop() {
      await worker?.terminate();
    },
  };
}
