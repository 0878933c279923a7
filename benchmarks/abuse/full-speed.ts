import { setTimeout as delay } from "node:timers/promises";
import { costOf, type LocalStack, subtractUsage } from "lambda-websocket-pubsub-local";
import { untilQuiet } from "../support/until-quiet.ts";
import { type AbuseClient, connectClient } from "./client.ts";
import type { AbusiveFrame } from "./frames.ts";
import { type OtherReply, startOther } from "./other-client.ts";

export interface FullSpeed {
  frame: string;
  /** `greedy` heeds no refusal. `patient` waits for each response, and a second after a refusal. */
  manner: "greedy" | "patient";
  sent: number;
  refused: number;
  /** When the server closed the connection. Null if it did not. */
  endedAfterMs: number | null;
  /** What an hour of this connection costs. */
  dollarsPerHour: number;
  /** How long another client's SUBSCRIBEs took before, and meanwhile. */
  aloneMedianMs: number;
  otherMedianMs: number;
  otherP99Ms: number;
  otherMaxMs: number;
}

/** As many messages as version 1 needed to leave other clients without a response for half a minute. */
const IN_FLIGHT_MAX = 40;
const TICK_MS = 5;
const PAUSE_MS = 1_000;
const SECONDS_PER_HOUR = 3_600;

export async function measureGreedy(
  stack: LocalStack,
  frame: AbusiveFrame,
  seconds: number,
): Promise<FullSpeed> {
  return measure(stack, frame, "greedy", async (client) => {
    const endsAtMs = performance.now() + 1_000 * seconds;
    let sent = 0;
    while (client.isOpen() && performance.now() < endsAtMs) {
      while (client.isOpen() && sent - client.responses() < IN_FLIGHT_MAX)
        client.send(frame.text(sent++), frame.pieces);
      await delay(TICK_MS);
    }
    return { sent, restSeconds: 0, restDollars: 0 };
  });
}

/**
 * Sends whatever is admitted. The first part uses up what may come at once; the second shows what is admitted in the long
 * run, from which the rest of the hour is computed.
 */
export async function measurePatient(
  stack: LocalStack,
  frame: AbusiveFrame,
  seconds: number,
): Promise<FullSpeed> {
  return measure(stack, frame, "patient", async (client, stopOther) => {
    let sent = 0;
    const sendOne = async (): Promise<boolean> => {
      const { responses, refusals } = { responses: client.responses(), refusals: client.refusals() };
      client.send(frame.text(sent++), frame.pieces);
      while (client.isOpen() && client.responses() === responses) await delay(1);
      return client.refusals() === refusals;
    };
    while (client.isOpen() && (await sendOne())) {
      // Until the first refusal
    }
    // Its cost is no part of the rest of the hour
    await stopOther();
    const before = await untilQuiet(stack);
    const beganMs = performance.now();
    while (client.isOpen() && performance.now() - beganMs < 1_000 * seconds) {
      if (!(await sendOne())) await delay(PAUSE_MS);
    }
    const after = await untilQuiet(stack);
    const lastedSeconds = (performance.now() - beganMs) / 1_000;
    const restSeconds = client.isOpen() ? SECONDS_PER_HOUR : 0;
    return { sent, restSeconds, restDollars: costOf(subtractUsage(after, before)).total / lastedSeconds };
  });
}

async function measure(
  stack: LocalStack,
  frame: AbusiveFrame,
  manner: FullSpeed["manner"],
  attack: (
    client: AbuseClient,
    stopOther: () => Promise<OtherReply>,
  ) => Promise<{ sent: number; restSeconds: number; restDollars: number }>,
): Promise<FullSpeed> {
  const client = await connectClient(stack.websocketUrl);
  try {
    await client.subscribe(frame.subscribedTo);
    await untilQuiet(stack);
    const alone = await measureOther(stack);
    const before = stack.usage();
    const beganMs = performance.now();
    const other = await startOther(stack.websocketUrl);
    let stopped: Promise<OtherReply> | undefined;
    const stopOther = (): Promise<OtherReply> => {
      stopped ??= other.stop();
      return stopped;
    };
    const { sent, restSeconds, restDollars } = await attack(client, stopOther);
    const endedAfterMs = client.isOpen() ? null : performance.now() - beganMs;
    const { medianMs, p99Ms, maxMs, count } = await stopOther();
    const after = await untilQuiet(stack);
    const attackDollars = costOf(subtractUsage(after, before)).total - count * alone.dollars;
    return {
      frame: frame.name,
      manner,
      sent,
      refused: client.refusals(),
      endedAfterMs,
      dollarsPerHour: attackDollars + restSeconds * restDollars,
      aloneMedianMs: alone.medianMs,
      otherMedianMs: medianMs,
      otherP99Ms: p99Ms,
      otherMaxMs: maxMs,
    };
  } finally {
    client.close();
  }
}

/** Returns what one SUBSCRIBE of the other client costs and takes. Its cost is no part of the attack. */
async function measureOther(stack: LocalStack): Promise<{ dollars: number; medianMs: number }> {
  const before = await untilQuiet(stack);
  const other = await startOther(stack.websocketUrl);
  await delay(PAUSE_MS);
  const { count, medianMs } = await other.stop();
  const after = await untilQuiet(stack);
  return { dollars: costOf(subtractUsage(after, before)).total / Math.max(1, count), medianMs };
}
