import { describe, expect, it } from "vitest";
import { isAllowed } from "./policy/evaluate-policy.ts";
import type { Suite } from "./suite.ts";
import { parse, type Statement } from "./synth/template.ts";

const FOURTEEN_DAYS_SECONDS = 1_209_600;

export const testQueues: Suite = (stage) => {
  const fanoutQueue = () => stage().one("queue", "FanoutQueueQueue");

  describe("the queues", () => {
    it("has two queues, standard, encrypted, for messages as large as SQS accepts", () => {
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

    it("moves a message to the dead letters after five receives", () => {
      expect(parse(fanoutQueue().inputs.redrivePolicy)).toEqual({
        deadLetterTargetArn: stage().arn("queue", "DeadLetterQueueQueue"),
        maxReceiveCount: 5,
      });
    });

    it("accepts dead letters from the fan-out queue only", () => {
      const { queueUrl, redriveAllowPolicy } = stage().one("redriveAllowPolicy").inputs;
      expect(queueUrl).toBe(stage().one("queue", "DeadLetterQueueQueue").outputs.url);
      expect(parse(redriveAllowPolicy)).toEqual({
        redrivePermission: "byQueue",
        sourceQueueArns: [stage().arn("queue", "FanoutQueueQueue")],
      });
    });

    it.each([
      ["FanoutQueuePolicy", "FanoutQueueQueue"],
      ["DeadLetterQueuePolicy", "DeadLetterQueueQueue"],
    ])("%s refuses a request without TLS, even from a role that may do everything", (policy, queue) => {
      const { queueUrl, policy: document } = stage().one("queuePolicy", policy).inputs;
      expect(queueUrl).toBe(stage().one("queue", queue).outputs.url);
      const ofQueue = parse(document).Statement as Statement[];
      const everything = { Effect: "Allow", Action: ["*"], Resource: ["*"] };
      const send = (secure: boolean): Parameters<typeof isAllowed>[1] => ({
        action: "sqs:SendMessage",
        resource: stage().arn("queue", queue),
        context: { "aws:SecureTransport": [String(secure)] },
      });
      expect(isAllowed([everything, ...ofQueue], send(false))).toBe(false);
      expect(isAllowed([everything, ...ofQueue], send(true))).toBe(true);
      // It allows nothing to who has no permission of its own
      expect(isAllowed(ofQueue, send(true))).toBe(false);
    });

    it("keeps dead letters for fourteen days", () => {
      const { messageRetentionSeconds } = stage().one("queue", "DeadLetterQueueQueue").inputs;
      expect(messageRetentionSeconds).toBe(FOURTEEN_DAYS_SECONDS);
    });

    it("hides a received message for six times as long as the function may run", () => {
      const { timeout } = stage().one("function", "FanoutFunction").inputs;
      expect(fanoutQueue().inputs.visibilityTimeoutSeconds).toBeGreaterThanOrEqual(6 * Number(timeout));
    });
  });
};
