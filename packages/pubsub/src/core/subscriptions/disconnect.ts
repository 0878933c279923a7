import { PubsubError } from "../errors.ts";
import { loggableMessage } from "../loggable-error.ts";
import type { DisconnectResult, HandlerPorts } from "../ports.ts";
import type { ServerFrame } from "../protocol.ts";
import type { Consumer } from "../types.ts";
import { encodeUtf8 } from "../utf8.ts";
import { connectionEndSeconds } from "./connection-end.ts";
import { removeSubscriptions, type SubjectRequest, subjectOf, writeRevocation } from "./revoke.ts";
import { assertRoutable } from "./routable.ts";

export interface DisconnectRequest extends SubjectRequest {
  reason?: string | undefined;
}

/** `gone` connections did not exist any more. */
export interface Disconnected {
  closed: number;
  gone: number;
}

type DisconnectPorts = Pick<
  HandlerPorts,
  "subscriptions" | "queue" | "connections" | "disconnect" | "clock" | "observe"
>;

const DEFAULT_REASON = "the server closed this connection for good";

/** Our own limit. A user has as many connections as tabs and devices, and all of them in the list of two hours. */
const AT_ONCE = 16;

/**
 * Puts out a connection, or all connections of a user: revokes all topics, then tells each connection why and closes it. A
 * connection that cannot be closed keeps no other one open. It loses its subscriptions like the others, and stays in the
 * user's list, so that a second call finds it.
 *
 * Throws `DISCONNECT_FAILED` with the number of those that failed.
 */
export async function disconnect(ports: DisconnectPorts, request: DisconnectRequest): Promise<Disconnected> {
  const { reason: message = DEFAULT_REASON } = request;
  const of = subjectOf("disconnect", request);
  if ("consumer" in of) assertRoutable(ports.connections, of.consumer);
  await writeRevocation(ports, of);
  const found = "consumer" in of ? [of.consumer] : ports.subscriptions.connectionsOf(of.userId);
  const counts = { closed: 0, gone: 0 };
  const failures: Failure[] = [];
  await forEachFound(AT_ONCE, found, async (consumer) => {
    try {
      const outcome = await putOut(ports, { consumer, ...of, message });
      counts[outcome] += 1;
    } catch (error) {
      failures.push({ error, isLasting: ports.connections.whyNotPosted?.(consumer) !== undefined });
    }
  });
  if (failures.length > 0) throw disconnectFailed(failures, counts);
  return counts;
}

interface Put {
  consumer: Consumer;
  userId?: string;
  message: string;
}

/**
 * Closes the connection before its rows are removed, because that ends all it receives at once. Then it writes that the
 * connection has ended, as `$disconnect` will: a SUBSCRIBE that is at work leaves no subscription.
 */
async function putOut(
  ports: DisconnectPorts,
  { consumer, userId, message }: Put,
): Promise<keyof Disconnected> {
  const { subscriptions, clock, observe } = ports;
  const wasOpen = await tell(ports, consumer, message);
  const found = await ports.disconnect(consumer);
  // A client that got the message has perhaps closed the connection itself
  const first = wasOpen && found.outcome === "gone" ? { outcome: "disconnected" as const } : found;
  // Also if it is still open: it must receive nothing more
  await removeSubscriptions(ports, consumer);
  const result = await untilClosed(ports, consumer, first);
  if (result.outcome === "failed") throw new Error(result.reason);
  await subscriptions.end({ consumer, expiresAtSeconds: connectionEndSeconds(clock.now()) });
  await subscriptions.forget({ consumer, userId });
  observe({ event: "connection-ended", consumer, reason: "disconnect was called" });
  return result.outcome === "gone" ? "gone" : "closed";
}

/** Our own limit: a connection that does not take the message is closed without it. */
const TELL_MS_MAX = 2_000;

/**
 * Returns whether the message was delivered. A client that does not get it connects again, and is refused then, so this is
 * one try.
 */
async function tell(
  { subscriptions, connections, clock, observe }: DisconnectPorts,
  consumer: Consumer,
  message: string,
): Promise<boolean> {
  try {
    const nonce = await subscriptions.nonceOf(consumer);
    // As in every frame, the nonce is the last field
    const frame: ServerFrame = { type: "ERROR", code: "DISCONNECTED", message, nonce };
    const giveUpAtMs = clock.now() + TELL_MS_MAX;
    const body = encodeUtf8(JSON.stringify(frame));
    return (await connections.post(consumer, { body }, { giveUpAtMs })).outcome === "delivered";
  } catch (error) {
    observe({ event: "background-failure", stage: "disconnect-message", error });
    return false;
  }
}

/** The pauses before further tries. */
const RETRY_DELAYS_MS = [1_000, 2_000];

/**
 * Tries again if it failed. A connection that does not exist is tried once more too: API Gateway also says so of one whose
 * `$connect` has just been allowed, and it would open after the call.
 */
async function untilClosed(
  { disconnect, connections, clock }: DisconnectPorts,
  consumer: Consumer,
  first: DisconnectResult,
): Promise<DisconnectResult> {
  if (connections.whyNotPosted?.(consumer) !== undefined) return first;
  let result = first;
  for (const [tries, delayMs] of RETRY_DELAYS_MS.entries()) {
    if (result.outcome === "disconnected" || (result.outcome === "gone" && tries > 0)) break;
    await clock.sleep(delayMs);
    result = await disconnect(consumer);
  }
  return result;
}

/** Runs the task for each item while they are being found, for at most `count` at once. The tasks must not reject. */
async function forEachFound<Item>(
  count: number,
  items: Iterable<Item> | AsyncIterable<Item>,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  try {
    for await (const item of items) {
      const run = task(item).finally(() => running.delete(run));
      running.add(run);
      if (running.size >= count) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
}

interface Failure {
  error: unknown;
  /** Whether nothing can be sent to the connection's address, however often one tries. */
  isLasting: boolean;
}

function disconnectFailed(failures: readonly Failure[], { closed, gone }: Disconnected): PubsubError {
  const failed = failures.length;
  const of = failed + closed + gone;
  const [first] = failures;
  const message = `${failed} of ${of} connections could not be closed: ${loggableMessage(first?.error)}`;
  return new PubsubError("DISCONNECT_FAILED", message, {
    retryable: failures.some(({ isLasting }) => !isLasting),
    cause: first?.error,
    context: { failed, closed, gone },
  });
}
