import { describe, expect, it } from "vitest";
import type { Suite } from "./suite.ts";

export const testTable: Suite = (stage, expected) => {
  const onDemandThroughput = {
    maxReadRequestUnits: expected.readUnitsPerSecond,
    maxWriteRequestUnits: expected.writeUnitsPerSecond,
  };
  describe("the table", () => {
    it("has the keys, the index over everything, and the expiry that the library writes", () => {
      expect(stage().one("table").inputs).toEqual({
        name: expect.stringMatching(/^lambda-websocket-pubsub-\w+-PubsubTableTable-[a-z]{8}$/),
        billingMode: "PAY_PER_REQUEST",
        hashKey: "p",
        rangeKey: "u",
        attributes: [
          { name: "p", type: "S" },
          { name: "u", type: "S" },
          { name: "p2", type: "S" },
        ],
        globalSecondaryIndexes: [
          { name: "SecondaryIndex", hashKey: "p2", projectionType: "ALL", onDemandThroughput },
        ],
        onDemandThroughput,
        localSecondaryIndexes: [],
        ttl: { attributeName: "expiresAt", enabled: true },
        pointInTimeRecovery: { enabled: true },
        streamEnabled: false,
        deletionProtectionEnabled: expected.keep,
      });
    });

    it(expected.keep ? "outlives the stage" : "is removed with the stage", () => {
      expect(stage().one("table").retainOnDelete).toBe(expected.keep);
    });
  });
};
