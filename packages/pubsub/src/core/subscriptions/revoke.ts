import { PubsubError } from "../errors.ts";
import { assertConsumer, assertTopicId, idProblem } from "../ids.ts";
import { CLOCK_TOLERANCE_SECONDS, TOKEN_SECONDS_MAX } from "../limits.ts";
import type { Ports } from "../ports.ts";
import type { Consumer } from "../types.ts";
import { connectionEndSeconds } from "./connection-end.ts";

/** A token that was issued before a revocation is refused for as long as it could be valid. */
const USER_REVOCATION_SECONDS = TOKEN_SECONDS_MAX + 2 * CLOCK_TOLERANCE_SECONDS;

export interface RevokeRequest {
  consumer?: Consumer | undefined;
  userId?: string | undefined;
  topicId?: string | undefined;
}

type RevokePorts = Pick<Ports, "subscriptions" | "clock" | "observe">;

/**
 * Ends the subscriptions of a connection, or of all connections of a user. It first writes the revocation, which each
 * SUBSCRIBE looks for after its own write, and then removes what is there: every subscription is seen by one of the two.
 * It reads the connections' own rows strongly consistently. The index, which lags, is not read.
 */
export async function revoke(ports: RevokePorts, request: RevokeRequest): Promise<void> {
  const { subscriptions, clock } = ports;
  const { topicId } = request;
  const of = subjectOf(request);
  if (topicId !== undefined) assertTopicId(topicId);
  const atMs = clock.now();
  // What is revoked for a connection cannot outlive it
  const expiresAtSeconds =
    "consumer" in of ? connectionEndSeconds(atMs) : Math.ceil(atMs / 1_000) + USER_REVOCATION_SECONDS;
  await subscriptions.revoke({ of, topicId, atMs, expiresAtSeconds });
  if ("consumer" in of) return removeFrom(ports, of.consumer, topicId, atMs);
  for await (const consumer of subscriptions.connectionsOf(of.userId)) {
    await removeFrom(ports, consumer, topicId, atMs);
  }
}

function subjectOf({ consumer, userId }: RevokeRequest): { consumer: Consumer } | { userId: string } {
  const problem = userId !== undefined && idProblem("userId", userId);
  if (problem) throw new PubsubError("INVALID_ARGUMENT", problem);
  if (consumer !== undefined) assertConsumer(consumer);
  if (consumer !== undefined && userId === undefined) return { consumer };
  if (consumer === undefined && userId !== undefined) return { userId };
  throw new PubsubError("INVALID_ARGUMENT", "revoke must be given either consumer or userId");
}

/** How many subscriptions are removed at the same time. BatchWriteItem takes as many. */
const STEP = 25;

async function removeFrom(
  ports: RevokePorts,
  consumer: Consumer,
  only: string | undefined,
  atMs: number,
): Promise<void> {
  let step: string[] = [];
  for await (const topicId of only === undefined ? ports.subscriptions.topicsOf(consumer) : [only]) {
    step.push(topicId);
    if (step.length < STEP) continue;
    await removeStep(ports, consumer, step, atMs);
    step = [];
  }
  if (step.length > 0) await removeStep(ports, consumer, step, atMs);
}

/** Marks them in their topics before they are gone: messages of the fan-out may name the consumer already. */
async function removeStep(
  { subscriptions, observe }: RevokePorts,
  consumer: Consumer,
  topicIds: readonly string[],
  atMs: number,
): Promise<void> {
  const expiresAtSeconds = connectionEndSeconds(atMs);
  await Promise.all(
    topicIds.map((topicId) => subscriptions.markRemoved({ consumer, topicId, atMs, expiresAtSeconds })),
  );
  await subscriptions.remove(topicIds.map((topicId) => ({ consumer, topicId })));
  for (const topicId of topicIds) observe({ event: "subscription-revoked", topicId, consumer });
}
