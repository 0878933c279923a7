import type { Pubsub } from "../api/create-pubsub.ts";
import type { PubsubErrorCode } from "../core/errors.ts";
import { recentEndsOf } from "../core/log/recent-ends.ts";
import type { Observe } from "../core/pipeline-events.ts";
import type { ClientFrame } from "../core/protocol.ts";
import { encodeData } from "../core/publish/data.ts";
import { priceOfPublication } from "../core/publish/price.ts";
import { checkStanding } from "../core/subscriptions/check-access.ts";
import type { Consumer } from "../core/types.ts";
import { refusalOf, unlessRevoked } from "./access-refusal.ts";
import type { ActionContext, Reaction } from "./action-context.ts";
import { decideAccess } from "./authorize.ts";
import { createIdentityReader } from "./connection-user.ts";
import { type Validity, validateData } from "./validate.ts";

/**
 * Publishes what a client sent, if `authorize` allows it, `validate` accepts it and nothing was revoked. Nothing is written
 * before all three have said yes.
 *
 * PUBLISHED is the client's own copy of the event. Without a `requestId` there is no PUBLISHED, so the connection gets the
 * event like every other subscriber.
 */
export async function publishFrame(
  { ports, publish }: Pubsub,
  { gate, validate, consumer, event, budget }: ActionContext,
  { action, topicId, data, publicationId, token, requestId }: ClientFrame<"PUBLISH">,
): Promise<Reaction> {
  const { observe, timeoutMs } = gate;
  const error = (refusal: Refusal): Reaction => ({ reply: { type: "ERROR", requestId, ...refusal } });
  const asked = { action, topicId, consumer };
  const { user } = createIdentityReader(ports, consumer);
  const { verdict, grant } = await decideAccess(gate, { ...asked, data, token, user, event });
  if (verdict !== "allowed") return error(refusalOf(verdict, asked));
  const validity = await validateData({ validate, timeoutMs, observe }, { topicId, data, consumer });
  if (validity.verdict !== "valid") return error(refusedData(observe, consumer, validity));
  const encoded = encodeData(data);
  const standing = await unlessRevoked(observe, { ...asked, grant }, () =>
    checkStanding(ports, { consumer, topicId, grant }),
  );
  if (standing.verdict !== "allowed") return error(refusalOf(standing.verdict, asked));
  // Before the write, because a write that failed costs as much
  budget.spend(priceOfPublication(encoded, publicationId !== undefined));
  const client = { consumer, isEchoed: requestId !== undefined };
  const published = await publish({ topicId, encoded, publicationId, client });
  // A client whose PUBLISHED is lost asks by its position, perhaps at once
  if (!published.duplicate) recentEndsOf(ports.log).outdate(topicId);
  return requestId === undefined ? {} : { reply: { type: "PUBLISHED", requestId, ...published } };
}

type Refusal = { code: PubsubErrorCode; message: string };

/** The client gets the hook's reason. The log does not, because it may quote the data. */
function refusedData(
  observe: Observe,
  consumer: Consumer,
  validity: Exclude<Validity, { verdict: "valid" }>,
): Refusal {
  if (validity.verdict === "undecided") {
    return {
      code: "VALIDATE_FAILED",
      message: "could not decide whether the data is valid; try again later",
    };
  }
  const code = "INVALID_DATA";
  observe({ event: "frame-refused", consumer, code, reason: "the validate hook refused the data" });
  return { code, message: validity.reason };
}
