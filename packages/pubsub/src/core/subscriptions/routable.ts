import { PubsubError } from "../errors.ts";
import { assertConsumer } from "../ids.ts";
import type { Connections } from "../ports.ts";
import type { Consumer } from "../types.ts";

/**
 * Throws `INVALID_ARGUMENT` for a consumer that no event could be posted to, so that the caller learns which setting is
 * missing. Its row would be skipped by every fan-out.
 */
export function assertRoutable(
  { whyNotPosted }: Pick<Connections, "whyNotPosted">,
  consumer: Consumer,
): void {
  assertConsumer(consumer);
  const reason = whyNotPosted?.(consumer);
  if (reason !== undefined) {
    throw new PubsubError("INVALID_ARGUMENT", `the connection could not be posted to: ${reason}`);
  }
}
