import { createHash, randomBytes } from "node:crypto";
import type { Message } from "@aws-sdk/client-sqs";

/**
 * The part of a trace header in which Lambda counts the invocations of one chain:
 * `Lineage={invocations}:{hash of the function}:{requests}`. The format is documented nowhere but in the code of a
 * tracing library that AWS maintains:
 * https://github.com/open-telemetry/opentelemetry-java-contrib/tree/main/aws-xray-propagator
 */
const LINEAGE = /(?:^|;)\s*Lineage=(\d{1,5}):([0-9a-f]{8}):\d{1,3}/;

const MAX_CHAIN = 32_767;

/** How many invocations of the function lie before a message in its chain. 0 if a publisher sent it. */
export function chainLengthOf({ Attributes }: Message, functionHash: string): number {
  const [, count, hash] = LINEAGE.exec(Attributes?.AWSTraceHeader ?? "") ?? [];
  return hash === functionHash ? Number(count) : 0;
}

export const hashOf = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 8);

/** Returns the trace header of an invocation, which the function's AWS clients pass on with every request. */
export function traceHeader(chainLength: number, functionHash: string): string {
  const epochSeconds = Math.floor(Date.now() / 1_000)
    .toString(16)
    .padStart(8, "0");
  const root = `1-${epochSeconds}-${randomBytes(12).toString("hex")}`;
  const lineage = `${Math.min(chainLength, MAX_CHAIN)}:${functionHash}:0`;
  return `Root=${root};Parent=${randomBytes(8).toString("hex")};Sampled=0;Lineage=${lineage}`;
}

/**
 * Groups the messages of a batch by the length of their chains. Which length counts for a batch with messages of several
 * chains is documented nowhere. Here each invocation gets messages of one length, so that a chain counts only its own.
 */
export function byChainLength(messages: readonly Message[], functionHash: string): Map<number, Message[]> {
  const groups = new Map<number, Message[]>();
  for (const message of messages) {
    const length = chainLengthOf(message, functionHash);
    groups.set(length, [...(groups.get(length) ?? []), message]);
  }
  return groups;
}
