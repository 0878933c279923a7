import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { type Consumer, type DeadDelivery, redriveDeadLetters } from "lambda-websocket-pubsub";
import {
  type FunctionName,
  type LocalStack,
  type PostRecord,
  startLocal,
} from "lambda-websocket-pubsub-local";
import { watchParts } from "../../support/sent-parts.ts";
import { readMarkers } from "../lines.ts";
import type { Recorder } from "../recorder.ts";
import type { Stage } from "../troubles/trouble.ts";
import { type AwsClients, createAwsClients } from "./clients.ts";

export interface StageSet {
  stage: Stage;
  stack: LocalStack;
  awsClients: AwsClients;
  /** Returns how often each fault has hit something so far. */
  hits(): Record<string, number>;
  /** Returns the number of malformed messages that the queue has confirmed. */
  malformed(): number;
  /** Resolves when no redrive is running. */
  redriven(): Promise<void>;
  stop(): Promise<void>;
}

/** How long the functions may take, and how long a message that was received stays invisible. */
interface Times {
  websocketTimeoutMs: number;
  fanoutTimeoutMs: number;
  visibilityTimeoutSeconds: number;
}

/** An invocation can last longer than the visibility timeout. SQS then delivers the message of a slow worker again. */
const SHORT: Times = { websocketTimeoutMs: 5_000, fanoutTimeoutMs: 6_000, visibilityTimeoutSeconds: 4 };
/** Even a very busy machine ends no invocation, and a message that a worker gave back comes again within a minute. */
export const LONG: Times = {
  websocketTimeoutMs: 29_000,
  fanoutTimeoutMs: 30_000,
  visibilityTimeoutSeconds: 40,
};
const CONCURRENCY = 6;
/** API Gateway's idle timeout of ten minutes, scaled down. */
const IDLE_MS = 10_000;
/** High enough that the queue's redrive policy never moves a message: such a message would not be in the ledger. */
const MAX_RECEIVES = 1_000;
const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export async function setStage(
  {
    topics,
    random,
    killProducer = () => false,
    env,
    websocket,
    dynamodbEndpoint,
    times = SHORT,
    onPost: onEveryPost,
  }: Pick<Stage, "topics" | "random"> & {
    killProducer?(pid: number): boolean;
    /** Additional environment variables of the functions. */
    env: Record<string, string>;
    /** The path of the websocket function. Default: the one that lets everybody subscribe. */
    websocket?: string;
    /** A DynamoDB Local that runs already. */
    dynamodbEndpoint?: string | undefined;
    /** Default: so short that messages come again while a slow worker still works. */
    times?: Times;
    onPost?(post: PostRecord): void;
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
    functions: { fanout: local("../functions/fanout.ts"), ...(websocket !== undefined && { websocket }) },
    ...(dynamodbEndpoint !== undefined && { dynamodbEndpoint, tableName: `chaos-${randomUUID()}` }),
    functionEnv: {
      ...env,
      NODE_OPTIONS: `${env.NODE_OPTIONS ?? ""} --import=${local("../functions/stepping-clock.ts")}`,
      CHAOS_CLOCKS: clocks,
    },
    onLog(line, source) {
      log.append(`${source.name} ${line}\n`);
      if (line.includes(`"subscription-ended"`)) recordEnded(line);
    },
    gateway: { limits: { idleTimeoutMs: IDLE_MS }, onPost },
    // Lambda would start more workers while calls are slow
    websocket: { timeoutMs: times.websocketTimeoutMs, maximumConcurrency: CONCURRENCY },
    fanout: { timeoutMs: times.fanoutTimeoutMs, maximumConcurrency: CONCURRENCY },
    queue: { visibilityTimeoutSeconds: times.visibilityTimeoutSeconds, maxReceiveCount: MAX_RECEIVES },
  });
  const awsClients = createAwsClients(stack);
  // This rule never hits. It reads from each handshake which subscriber connects
  stack.faults.connect({
    delayMs: 0,
    match({ connectionId, url }) {
      const who = new URL(url, "ws://gateway").searchParams.get("who") ?? connectionId;
      names.set(connectionId, who);
      if (who.startsWith("client")) latest.set(who, connectionId);
      return false;
    },
  });
  watchParts(stack, ({ topicId: topic, connectionIds, ...part }, caller) => {
    recorder.record({ at: Date.now(), k: "sent", topic, ...part, to: connectionIds.map(whoIs), caller });
  });

  function onPost(post: PostRecord): void {
    onEveryPost?.(post);
    const { atMs: at, connectionId, status, delivered, caller, cause, body } = post;
    const ms = readMarkers(body?.toString() ?? "");
    if (ms.length === 0) return;
    const who = whoIs(connectionId);
    recorder.record({ at, k: "post", who, status, delivered, ms, caller, ...(cause && { cause }) });
  }

  /** A consumer that does not read loses its subscription, and is owed nothing from then on. */
  function recordEnded(line: string): void {
    const { topicId: topic, consumer } = JSON.parse(line) as { topicId: string; consumer: Consumer };
    recorder.record({ at: Date.now(), k: "left", who: whoIs(consumer.connectionId), topic });
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
    // Other faults can make the redrive fail. It is started again later, as an operator would do
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
      // Other faults can make the call fail. Then there are fewer malformed messages
      void awsClients.sqs.send(batch).then(
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
        void awsClients.dynamodb.send(new PutItemCommand(put)).catch(() => {});
      }
    },
  };
  return {
    stage,
    stack,
    awsClients,
    hits: () => ({ ...hits }),
    malformed: () => malformed,
    redriven: async () => redriving,
    async stop() {
      awsClients.destroy();
      await stack.stop();
      rmSync(clocks, { recursive: true, force: true });
    },
  };
}
