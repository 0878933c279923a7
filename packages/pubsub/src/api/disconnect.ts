import { checkOptions } from "../core/options/check-options.ts";
import { checkedLater, type OptionRule } from "../core/options/option-rules.ts";
import { disconnect as disconnectAll } from "../core/subscriptions/disconnect.ts";
import type { Consumer } from "../core/types.ts";
import type { PubsubConfig } from "./config.ts";
import { pubsubOf } from "./create-pubsub.ts";

/** Our own limit. The reason is shown to a person. */
const REASON_LENGTH_MAX = 1_000;

/**
 * Closes a connection, or all connections of a user, and keeps them out: it revokes all topics as `revoke` does, sends each
 * connection an ERROR frame with the code `DISCONNECTED` and the reason, closes it, and removes its rows. This library's
 * client then ends all its subscriptions with `CONNECTION_REFUSED` and does not connect again by itself. The user is the one
 * that a topic token's `sub` or the `userId` of a grant or of `subscribeToTopic` names.
 *
 * First make sure that nobody lets them in again: your `authorize` hook and the endpoint that mints tokens must deny them
 * already. A token that was minted before this call is refused until it expires. Who is let in again must wait for 30
 * seconds, by which the clocks of machines may differ. After `disconnect({ consumer })` the user can open another connection.
 *
 * - `reason` is 1 to 1,000 characters. The client shows or logs it, so it must not contain a secret.
 *
 * Resolves to how many connections it closed, and how many did not exist any more (`gone`). Each of those is tried again after
 * a second, because API Gateway also calls a connection gone whose `$connect` is just ending. A connection that cannot be
 * closed does not keep the others open, and loses its subscriptions: the call then rejects with `DISCONNECT_FAILED`, whose
 * context has the numbers `failed`, `closed` and `gone`. Calling it again is harmless, and after an error necessary.
 *
 * Needs `dynamodb:PutItem`, `dynamodb:Query`, `dynamodb:DeleteItem` and `dynamodb:BatchWriteItem` on the table, and
 * `execute-api:ManageConnections` for `POST` and `DELETE` on `@connections` of the API's stage. Costs one write unit, and for
 * each connection one message, four write units, and three for each of its subscriptions.
 *
 * Throws `INVALID_ARGUMENT`, also for a consumer at a custom domain without `config.managementEndpoint`,
 * `DISCONNECT_FAILED`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * import { disconnect } from "lambda-websocket-pubsub";
 *
 * const { closed } = await disconnect({ userId: "user-7", reason: "Your account was closed.", config });
 * console.log(`closed ${closed} connections`);
 * ```
 */
export async function disconnect(request: {
  consumer?: Consumer | undefined;
  userId?: string | undefined;
  reason?: string | undefined;
  config: PubsubConfig;
}): Promise<{ closed: number; gone: number }> {
  checkOptions("disconnect", request, {
    consumer: checkedLater,
    userId: checkedLater,
    reason: shownText,
    config: checkedLater,
  });
  const { consumer, userId, reason, config } = request;
  return disconnectAll(pubsubOf(config).ports, { consumer, userId, reason });
}

const shownText: OptionRule = {
  expected: `a well-formed string of 1 to ${REASON_LENGTH_MAX} characters`,
  accepts: (value) =>
    typeof value === "string" &&
    value.length >= 1 &&
    value.length <= REASON_LENGTH_MAX &&
    value.isWellFormed(),
};
