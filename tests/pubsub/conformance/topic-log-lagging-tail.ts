import { describe, expect, it } from "vitest";
import { nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";
import type { LogTail, TailOptions } from "../../../packages/pubsub/src/core/ports.ts";
import { DAY_SECONDS } from "../../support/samples.ts";
import type { SetUpTopicLog } from "./topic-log-set-up.ts";

export function testLaggingTail(setUp: SetUpTopicLog): void {
  describe("a tail that may lag", () => {
    it("has the last event, or the record of a topic without events", async () => {
      const { log, topicId, epoch, event, clock } = await setUp();
      const tail = async (): Promise<LogTail> => found(await log.tail(topicId, { mayLag: true }));
      expect(await tail()).toEqual({});
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + DAY_SECONDS;
      const record = { epoch, used: false, expiresAtSeconds };
      await log.openEpoch({ topicId, epoch: record, replaces: undefined });
      expect(await tail()).toEqual({ record });
      await log.append({ topicId, epoch, offset: 1, events: [event("a"), event("b", { bytesSoFar: 9 })] });
      expect((await tail()).last).toEqual({ epoch, offset: 2, bytesSoFar: 9, expiresAtSeconds });
    });

    it("has nothing after a position unless an event follows it, in its epoch or a later one", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const newer = nextEpoch(0, epoch);
      const tailAfter = async (offset: number, of: string = epoch): Promise<LogTail> => {
        const options: TailOptions = { mayLag: true, after: { epoch: of, offset } };
        return found(await log.tail(topicId, options));
      };
      await log.openEpoch({
        topicId,
        epoch: { epoch, used: false, expiresAtSeconds: 2e9 },
        replaces: undefined,
      });
      expect(await tailAfter(0)).toEqual({});
      await log.append({ topicId, epoch, offset: 1, events: [event("a"), event("b")] });
      for (const offset of [0, 1]) expect((await tailAfter(offset)).last).toMatchObject({ epoch, offset: 2 });
      for (const offset of [2, 3, Number.MAX_SAFE_INTEGER]) expect(await tailAfter(offset)).toEqual({});
      expect(await tailAfter(0, newer)).toEqual({});
      await log.append({ topicId, epoch: newer, offset: 1, events: [event("c")] });
      expect((await tailAfter(2)).last).toMatchObject({ epoch: newer, offset: 1 });
    });
  });
}

/** Without the units, which only some adapters count. */
const found = ({ last, record }: LogTail): LogTail => ({ ...(last && { last }), ...(record && { record }) });
