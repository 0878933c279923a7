/**
 * Publishers that share one table, each of which waits at every call until the test lets it take effect. The test decides
 * the order, and which calls fail, are made twice, or take effect later than their publisher knows.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { type Appended, appendEvents, type TailHint } from "../../../packages/pubsub/src/core/log/append.ts";
import type { Clock, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { type Command, createMemoryDynamodb, type Item, type MemoryDynamodb } from "./memory-dynamodb.ts";

export const TOPIC = "topic";
export const START_MS = 1_700_000_000_000;

export interface PublisherPlan {
  /** The publications of one append. In capitals: with an idempotency record. */
  ids: string;
  /** How often the append is made again after it failed. */
  retries?: number;
  /** What the process believes about the end of the log, without reading it. */
  hint?: TailHint;
  retentionSeconds?: number;
}

/** A call that its publisher does not wait for any more. */
export interface LateCall {
  command: Command;
  sinceMs: number;
}

interface Pending extends LateCall {
  answer(result: object | Error): void;
}

interface Publisher {
  plan: PublisherPlan;
  pending: Pending | undefined;
  state: "running" | "crashed" | "failed" | "done";
  /** What the publisher has seen so far, which determines what it does next. */
  seen: string[];
}

export interface Acknowledged extends Appended {
  id: string;
}

/** `go`: the call takes effect. `lose`: its publisher gets an error. `crash`: its publisher ends. `repeat`: it is sent twice. */
export type Act = "go" | "lose" | "crash" | "repeat";
export interface Action {
  act: Act;
  /** The number of a publisher, or of a call that is still on its way after its publisher stopped waiting. */
  of: number;
  late?: boolean;
}

export interface WrittenEvent {
  id: string;
  epoch: string;
  offset: number;
  atMs: number;
  expiresAtMs: number;
}

export interface World {
  dynamodb: MemoryDynamodb;
  clock: { nowMs: number };
  publishers: readonly Publisher[];
  late: LateCall[];
  acknowledged: readonly Acknowledged[];
  /** Every event that was ever written, in the order of the writes, with those deleted since. */
  written: readonly WrittenEvent[];
  add(plan: PublisherPlan): Promise<void>;
  /** Takes one step, and waits until every publisher waits for a call or has ended. */
  take(action: Action): Promise<void>;
  /** Lets time pass, and then deletes what has expired, or not. */
  pass(seconds: number, options?: { sweep: boolean }): void;
  /** Lets one more publisher append alone, to its end. */
  publishAlone(plan: PublisherPlan): Promise<void>;
}

export function createWorld(): World {
  const dynamodb = createMemoryDynamodb();
  const clock = { nowMs: START_MS };
  const publishers: Publisher[] = [];
  const late: LateCall[] = [];
  const acknowledged: Acknowledged[] = [];
  const written: WrittenEvent[] = [];
  const known = new Set<Item>();

  function execute(command: Command): object | Error {
    try {
      return dynamodb.call(command);
    } catch (error) {
      return error as Error;
    } finally {
      for (const item of dynamodb.items()) if (!known.has(item)) note(item);
    }
  }

  function note(item: Item): void {
    known.add(item);
    const [kind, epoch = "", offset] = String(item.u?.S).split("#");
    const id = item.publicationId?.S;
    if (kind !== "event" || id === undefined) return;
    const expiresAtMs = Number(item.expiresAt?.N) * 1_000;
    written.push({ id, epoch, offset: Number(offset), atMs: clock.nowMs, expiresAtMs });
  }

  function logOf(publisher: Publisher): TopicLog {
    const send = (command: Command): Promise<object> =>
      new Promise((resolve, reject) => {
        publisher.pending = {
          command,
          sinceMs: clock.nowMs,
          answer(result) {
            publisher.pending = undefined;
            publisher.seen.push(seenIn(result));
            if (result instanceof Error) reject(result);
            else resolve(result);
          },
        };
      });
    const client = { send } as unknown as DynamoDBClient;
    return createDynamodbTopicLog({ client, tableName: "t" }, publisherClock(clock));
  }

  async function run(publisher: Publisher): Promise<void> {
    const { ids, retries = 0, hint, retentionSeconds = 86_400 } = publisher.plan;
    const context = { log: logOf(publisher), clock: publisherClock(clock), retentionSeconds };
    const drafts = [...ids].map((id) => ({
      publicationId: id,
      publishedAt: 0,
      json: "1",
      verbatim: false,
      idempotent: id === id.toUpperCase(),
    }));
    for (let tries = 0; tries <= retries; tries++) {
      try {
        const { appended } = await appendEvents(context, TOPIC, drafts, tries === 0 ? hint : undefined);
        for (const [{ publicationId }, result] of appended)
          acknowledged.push({ id: publicationId, ...result });
        publisher.state = "done";
        return;
      } catch (error) {
        if (!String(error).includes("a lost response")) throw error;
      }
    }
    publisher.state = "failed";
  }

  async function add(plan: PublisherPlan): Promise<Publisher> {
    const publisher: Publisher = { plan, pending: undefined, state: "running", seen: [] };
    publishers.push(publisher);
    void run(publisher);
    await turn();
    return publisher;
  }

  async function take({ act, of, late: isLate }: Action): Promise<void> {
    if (isLate) {
      const [call] = late.splice(of, 1);
      if (call) execute(call.command);
      return;
    }
    const publisher = publishers[of];
    const pending = publisher?.pending;
    if (!publisher || !pending) throw new Error("this publisher waits for no call");
    if (act !== "go" && isWrite(pending.command))
      late.push({ command: pending.command, sinceMs: pending.sinceMs });
    if (act === "go") pending.answer(execute(pending.command));
    if (act === "lose") pending.answer(lostResponse());
    if (act === "crash") Object.assign(publisher, { pending: undefined, state: "crashed" });
    await turn();
  }

  return {
    dynamodb,
    clock,
    publishers,
    late,
    acknowledged,
    written,
    take,
    async add(plan) {
      await add(plan);
    },
    pass(seconds, { sweep } = { sweep: false }) {
      clock.nowMs += seconds * 1_000;
      if (sweep) dynamodb.sweep(clock.nowMs / 1_000);
    },
    async publishAlone(plan) {
      const publisher = await add(plan);
      for (let calls = 0; publisher.pending; calls++) {
        if (calls > 100) throw new Error("the append does not end");
        await take({ act: "go", of: publishers.indexOf(publisher) });
      }
    },
  };
}

export const isWrite = ({ constructor: { name } }: Command): boolean => /^(Put|Transact)/.test(name);

const lostResponse = (): Error => Object.assign(new Error("a lost response"), { code: "ECONNRESET" });

const seenIn = (result: object | Error): string =>
  result instanceof Error ? JSON.stringify({ ...result, name: result.name }) : JSON.stringify(result);

const publisherClock = (clock: { nowMs: number }): Clock => ({
  now: () => clock.nowMs,
  sleep: async () => {},
  after: () => () => {},
  random: () => 0,
});
