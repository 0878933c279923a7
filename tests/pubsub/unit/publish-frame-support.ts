/** What the tests of PUBLISH share. */
import { expect } from "vitest";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import type { FanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { type SetUp, TOPIC } from "./answer-frame-support.ts";

export const frame: { action: "PUBLISH"; topicId: string; data: object } = {
  action: "PUBLISH",
  topicId: TOPIC,
  data: { text: "hello" },
};
export const allow = (): boolean => true;

export const queuedIn = ({ queue }: SetUp): FanoutMessage[] =>
  queue.receive(1_000, 0).flatMap(({ body }) => {
    const decoded = decodeFanoutMessage(body);
    return decoded.ok ? [decoded.message] : [];
  });

/** A refused publication leaves no row, no message and no line about a publication. */
export function expectNothingWritten(used: SetUp): void {
  expect(used.log.dump(TOPIC)).toEqual([]);
  expect(queuedIn(used)).toEqual([]);
  expect(used.observed.filter(({ event }) => event === "publication-accepted")).toEqual([]);
}
