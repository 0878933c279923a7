import type { PresenceOptions } from "./presence-types.ts";
import type { Position } from "./topic-event.ts";

/** What a client asks the server. The link adds `requestId` and the nonce. */
export type Request =
  | SubscribeRequest
  | { action: "UNSUBSCRIBE"; topicId: string }
  | PublishRequest
  | { action: "PING"; topicId?: undefined; positions: Record<string, Position> };

interface SubscribeRequest extends Asked {
  action: "SUBSCRIBE";
  /** Absent with `user`. */
  topicId: string | undefined;
  /** The topic of the connection's own user. */
  user: true | undefined;
  format: "event";
  since?: Position | undefined;
  token?: string | undefined;
}

/** @param key as `keyOf` returns it */
export const subscribeTo = (
  key: string,
  fields: Pick<SubscribeRequest, "since" | "last" | "latest" | "presence" | "token">,
): Request => ({
  action: "SUBSCRIBE",
  topicId: key || undefined,
  user: key ? undefined : true,
  format: "event",
  ...fields,
});

export interface PublishRequest {
  action: "PUBLISH";
  topicId: string;
  data: unknown;
  publicationId: string;
  token?: string | undefined;
}

/** What a SUBSCRIBE asks for, beyond new events in full. */
export interface Asked {
  last?: number | undefined;
  latest?: true | undefined;
  presence?: PresenceOptions | undefined;
}
