import type { Ports } from "../core/ports.ts";
import type { Identity } from "../core/subscriptions/identity.ts";
import type { Consumer } from "../core/types.ts";

/** Who a connection is, as `authorize` said when it connected. */
export interface ConnectionUser {
  userId: string;
  info?: unknown;
  /** When the connection's permission ends, in seconds since 1970. It may have passed. */
  untilSeconds?: number;
}

/** Reads a connection's row at most once for a request, and only if somebody asks. */
export interface IdentityReader {
  /** For the `authorize` hook. Rejects with `STORAGE_FAILED`. */
  user(): Promise<ConnectionUser | undefined>;
  identity(): Promise<Identity | undefined>;
  /** What was read so far. */
  readonly known: Identity | undefined;
}

export function createIdentityReader(
  { subscriptions }: Pick<Ports, "subscriptions">,
  consumer: Consumer,
): IdentityReader {
  let known: Identity | undefined;
  let reading: Promise<Identity | undefined> | undefined;
  const read = async (): Promise<Identity | undefined> => {
    known = await subscriptions.identityOf(consumer);
    return known;
  };
  const identity = (): Promise<Identity | undefined> => {
    reading ??= read();
    return reading;
  };
  return {
    identity,
    async user() {
      const found = await identity();
      return found && toUser(found);
    },
    get known() {
      return known;
    },
  };
}

const toUser = ({ userId, info, untilSeconds }: Identity): ConnectionUser => ({
  userId,
  ...(info !== undefined && { info: JSON.parse(info) as unknown }),
  ...(untilSeconds !== undefined && { untilSeconds }),
});

/** The `user` of a request whose connection is not known yet, or does not exist. */
export const noUser = async (): Promise<undefined> => undefined;
