import { isPubsubError } from "../core/errors.ts";
import type { Ports } from "../core/ports.ts";
import { userTopic } from "../core/reserved-topics.ts";
import { checkUser } from "../core/subscriptions/check-access.ts";
import { connectionEndSeconds } from "../core/subscriptions/connection-end.ts";
import type { Grant } from "../core/subscriptions/grant.ts";
import type { Identity } from "../core/subscriptions/identity.ts";
import { writeSubscription } from "../core/subscriptions/subscribe.ts";
import type { Consumer } from "../core/types.ts";
import type { UserTopics } from "./user-topics.ts";

type IdentifyPorts = Pick<Ports, "subscriptions" | "log" | "queue" | "clock" | "observe">;

/**
 * Records whose connection this is, and subscribes it to its user's topic if the handler says so. Returns whether the user
 * may connect. It looks for a revocation after the write, as every SUBSCRIBE does, so that a revocation at the same time
 * either finds the connection or is found. What a revoked user wrote is removed again, because no `$disconnect` follows a refused handshake.
 */
export async function identifyConnection(
  ports: IdentifyPorts,
  consumer: Consumer,
  { userTopics, userId, grant }: { userTopics: UserTopics; userId: string; grant: Grant },
): Promise<"identified" | "revoked"> {
  const { subscriptions, clock } = ports;
  const nowMs = clock.now();
  const identity: Identity = {
    userId,
    decidedAtMs: grant.issuedAtMs ?? grant.decidedAtMs ?? nowMs,
    ...(grant.info !== undefined && { info: grant.info }),
    ...(grant.expiresAtSeconds !== undefined && { untilSeconds: grant.expiresAtSeconds }),
  };
  await subscriptions.identify({ consumer, userId, identity, expiresAtSeconds: connectionEndSeconds(nowMs) });
  try {
    if (userTopics === "off") await checkUser(ports, identity);
    else await subscribeToOwnTopic(ports, consumer, { format: userTopics, grant, identity });
    return "identified";
  } catch (error) {
    if (!isPubsubError(error, "ACCESS_REVOKED")) throw error;
    await subscriptions.undoIdentify({ consumer, userId });
    return "revoked";
  }
}

/** A client that has no use for a position and a nonce needs no SUBSCRIBE for it. So the end of the log is not read. */
async function subscribeToOwnTopic(
  ports: IdentifyPorts,
  consumer: Consumer,
  { format, grant, identity }: { format: "data" | "event"; grant: Grant; identity: Identity },
): Promise<void> {
  try {
    await writeSubscription(ports, {
      consumer,
      topicId: userTopic(identity.userId),
      format,
      grant,
      identity,
    });
  } catch (error) {
    if (!isPubsubError(error, "ACCESS_REVOKED")) throw error;
    // If only this topic was revoked, the user may still connect
    await checkUser(ports, identity);
  }
}
