import { findStack } from "../stack/find-stack.ts";
import type { VerifyOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** Returns the stack that the options name or that is found, with what only `verify` has options for. */
export async function findTarget(options: VerifyOptions): Promise<Target> {
  const {
    foundIn: _,
    managementEndpoint: found,
    ...stack
  } = await findStack(["url", "table", "queue"], options);
  const managementEndpoint = options["management-endpoint"] ?? found;
  return {
    ...stack,
    ...(managementEndpoint !== undefined && { managementEndpoint }),
    ...(options["dead-letter-queue"] !== undefined && { deadLetterQueue: options["dead-letter-queue"] }),
    ...(options["fanout-function"] !== undefined && { fanoutFunction: options["fanout-function"] }),
    ...(options["connect-topic"] !== undefined && { connectTopic: options["connect-topic"] }),
  };
}
