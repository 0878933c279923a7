import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { type DeadDelivery, redriveDeadLetters } from "lambda-websocket-pubsub";
import {
  type FunctionName,
  type LocalStack,
  type PostRecord,
  startLocal,
} from "lambda-websocket-pubsub-local";
import { markersIn } from "../lines.ts";
import type { Recorder } from "../recorder.ts";
import type { Stage } from "../troubles/trouble.ts";
import { createLookers, type Lookers } from "./clients.ts";

export interface StageSet {
  stage: Stage;
  stack: LocalStack;
  lookers: Lookers;
  /** How often each fault has hit something so far. */
  hits(): Record<string, number>;
  /** Messages that are none of ours and that the queue has taken, as far as it said so. */
  malformed(): number;
  /** Nobody redrives any more. */
  redriven(): Promise<void>;
  stop(): Promise<void>;
}

/** A message stays invisible for less long than an invocation may last: slow workers have it given to others. */
const FANOUT_TIMEOUT_MS = 6_000;
const VISIBILITY_SECONDS = 4;
const CONCURRENCY = 6;
/** API Gateway's ten minutes of idleness. */
const IDLE_MS = 10_000;
/** Never reached: what the queue's own policy would move has no entry in the ledger. */
const RECEIVES_MAX = 1_000;
const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export async function setStage(
  {
    topics,
    random,
    killProducer,
    env,
  }: Pick<Stage, "topics" | "random"> & {
    killProducer(pid: number): boolean;
    /** Of the functions. */
    env: Record<string, string>;
  },
  { recorder, log }: { recorder: Recorder; log: Recorder },
): Promise<StageSet> {
  const clocks = mkdtempSync(join(tmpdir(), "chaos-clocks-"));
  const names = new Map<string, string>();
  const latest = new Map<string, string>();
  const whoIs = (connectionId: string): string => names.get(connectionId) ?? connectionId;
  const hits: Record<string, number> = {};
  let malformed = 0;
  let redriving: Promise<void> | undefined;

  const stack = await startLocal({
    functions: { fanout: local("../functions/fanout.ts") },
    functionEnv: {
      ...env,
      NODE_OPTIONS: `${env.NODE_OPTIONS ?? ""} --import=${local("../functions/stepping-clock.ts")}`,
      CHAOS_CLOCKS: clocks,
    },
    onLog: (line, source) => log.append(`${source.name} ${line}\n`),
    gateway: { limits: { idleTimeoutMs: IDLE_MS }, onPost },
    // Lambda would start more while calls are slow
    websocket: { timeoutMs: 5_000, maximumConcurrency: CONCURRENCY },
    fanout: { timeoutMs: FANOUT_TIMEOUT_MS, maximumConcurrency: CONCURRENCY },
    queue: { visibilityTimeoutSeconds: VISIBILITY_SECONDS, maxReceiveCount: RECEIVES_MAX },
  });
  const lookers = createLookers(stack);
  // A rule that never hits: handshakes say who connects
  stack.faults.connect({
    delayMs: 0,
    match({ connectionId, url }) {
      const who = new URL(url, "ws://gateway").searchParams.get("who") ?? connectionId;
      names.set(connectionId, who);
      if (who.startsWith("client")) latest.set(who, connectionId);
      return false;
    },
  });

  function onPost({ atMs: at, connectionId, status, delivered, caller, cause, body }: PostRecord): void {
    const ms = markersIn(body?.toString() ?? "");
    if (ms.length === 0) return;
    const who = whoIs(connectionId);
    recorder.record({ at, k: "post", who, status, delivered, ms, caller, ...(cause && { cause }) });
  }

  async function redriveAll(): Promise<void> {
    const { dynamodbTableName, fanoutQueueUrl } = stack;
    const filter = ({ topicId: topic, epoch, offsets, consumers }: DeadDelivery): boolean => {
      stage.hit("dead letters redriven");
      for (const { connectionId } of consumers) {
        for (const offset of offsets) {
          recorder.record({ at: Date.now(), k: "redriven", topic, epoch, offset, who: whoIs(connectionId) });
        }
      }
      return true;
    };
    // Other faults may end it: whoever is on call would start it again, and so is done here
    await redriveDeadLetters({ config: { dynamodbTableName, fanoutQueueUrl }, filter }).catch(() => {});
  }

  const stage: Stage = {
    stack,
    random,
    topics,
    whoIs,
    clientConnections: () => [...latest.values()],
    hit(name, caller) {
      hits[name] = (hits[name] ?? 0) + 1;
      recorder.record({ at: Date.now(), k: "hit", name, ...(caller !== undefined && { caller }) });
    },
    kill(caller) {
      const [role = "", pid] = caller.split("/");
      if (role === "producer") return killProducer(Number(pid));
      return stack.faults.workers.kill(role as FunctionName, { pid: Number(pid) }) > 0;
    },
    setClock: (pid, offsetMs) => writeFileSync(join(clocks, String(pid)), String(offsetMs)),
    enqueue(bodies) {
      const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      const batch = new SendMessageBatchCommand({ QueueUrl: stack.fanoutQueueUrl, Entries });
      // Other faults may hit it: then there is one malformed message less
      void lookers.sqs.send(batch).then(
        ({ Successful = [] }) => {
          malformed += Successful.length;
        },
        () => {},
      );
    },
    redrive() {
      redriving ??= redriveAll().finally(() => {
        redriving = undefined;
      });
    },
    putItems(items) {
      for (const Item of items) {
        const put = { TableName: stack.dynamodbTableName, Item } as PutItemCommand["input"];
        void lookers.dynamodb.send(new PutItemCommand(put)).catch(() => {});
      }
    },
  };
  return {
    stage,
    stack,
    lookers,
    hits: () => ({ ...hits }),
    malformed: () => malformed,
    redriven: async () => redriving,
    async stop() {
      lookers.destroy();
      await stack.stop();
      rmSync(clocks, { recursive: true, force: true });
    },
  };
}
