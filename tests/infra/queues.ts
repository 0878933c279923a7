import { describe, expect, it } from "vitest";
import type { Suite } from "./suite.ts";
import { parse } from "./synth/template.ts";

const FOURTEEN_DAYS_SECONDS = 1_209_600;

export const testQueues: Suite = (stage) => {
  const fanoutQueue = () => stage().one("queue", "FanoutQueueQueue");

  describe("the queues", () => {
    it("are two encrypted standard queues, for messages as large as SQS accepts", () => {
      expect(
        stage()
          .all("queue")
          .map(({ name }) => name),
      ).toEqual(["DeadLetterQueueQueue", "FanoutQueueQueue"]);
      for (const { inputs } of stage().all("queue")) {
        expect(inputs).toMatchObject({ fifoQueue: false, delaySeconds: 0 });
        expect(inputs).toMatchObject({ sqsManagedSseEnabled: true, maxMessageSize: 1_048_576 });
      }
    });

    it("move a message to the dead letters after five receives", () => {
      expect(parse(fanoutQueue().inputs.redrivePolicy)).toEqual({
        deadLetterTargetArn: stage().arn("queue", "DeadLetterQueueQueue"),
        maxReceiveCount: 5,
      });
    });

    it("accept dead letters only from the fan-out queue", () => {
      const { queueUrl, redriveAllowPolicy } = stage().one("redriveAllowPolicy").inputs;
      expect(queueUrl).toBe(stage().one("queue", "DeadLetterQueueQueue").outputs.url);
      expect(parse(redriveAllowPolicy)).toEqual({
        redrivePermission: "byQueue",
        sourceQueueArns: [stage().arn("queue", "FanoutQueueQueue")],
      });
    });

    it("keep dead letters for fourteen days", () => {
      const { messageRetentionSeconds } = stage().one("queue", "DeadLetterQueueQueue").inputs;
      expect(messageRetentionSeconds).toBe(FOURTEEN_DAYS_SECONDS);
    });

    it("hide a received message for six times the function's timeout", () => {
      const { timeout } = stage().one("function", "FanoutFunction").inputs;
      expect(fanoutQueue().inputs.visibilityTimeoutSeconds).toBeGreaterThanOrEqual(6 * Number(timeout));
    });
  });
};
