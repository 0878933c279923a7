/**
 * How many messages of workers may follow one publish, one after the other: the guard against a loop. A fan-out without
 * failures takes 1 or 2, and each redelivery one more. The deployment turns off Lambda's own detection of loops, which
 * would stop a chain after 16 invocations (https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html).
 */
export const HOPS_MAX = 100;

/** Returns the hops of a message that is sent while a message with these hops is handled. */
export const nextHops = (hops = 0): number => hops + 1;

/** Returns why a message with these hops must not be handled or handed on, or undefined. */
export const hopsProblem = (hops = 0): string | undefined =>
  hops > HOPS_MAX
    ? `the message is ${hops} messages away from the publish; the limit is ${HOPS_MAX}`
    : undefined;
