import { describe, expect, it } from "vitest";
import { createSinkLedger, type SinkLedger } from "./sink-ledger.ts";
import type { SinkSettings } from "./sink-protocol.ts";

function ledgerAt(settings: Partial<SinkSettings> = {}): { ledger: SinkLedger; pass(ms: number): void } {
  let nowMs = 1_000_000;
  return {
    ledger: createSinkLedger({ latencyMs: 0, ...settings }, () => nowMs),
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

describe("the counts of the ledger", () => {
  it("counts posts, connections that were reached, and duplicates", () => {
    const { ledger } = ledgerAt();
    for (const id of ["a=", "b=", "a=", "a="]) expect(ledger.post(id, 10)).toBe(200);
    expect(ledger.report()).toMatchObject({
      posts: 4,
      accepted: 4,
      reached: 2,
      duplicates: 2,
    });
  });

  it("meters one message per started 32 KB", () => {
    const { ledger } = ledgerAt();
    for (const bytes of [0, 1, 32_768, 32_769, 131_072]) ledger.post("a=", bytes);
    expect(ledger.report().meteredMessages).toBe(1 + 1 + 1 + 2 + 4);
  });

  it("counts posts per 100 ms since the first post", () => {
    const { ledger, pass } = ledgerAt({ quota: { rate: 1, burst: 3 } });
    pass(5_000);
    ledger.post("a=", 1);
    pass(99);
    ledger.post("b=", 1);
    pass(201);
    ledger.post("c=", 1);
    ledger.post("d=", 1);
    expect(ledger.report()).toMatchObject({
      firstPostAtMs: 1_005_000,
      lastAcceptedAtMs: 1_005_300,
      timeline: { stepMs: 100, accepted: [2, 0, 0, 1], rejected: [0, 0, 0, 1] },
    });
  });

  it("reports no times if there was no post", () => {
    expect(ledgerAt().ledger.report()).not.toHaveProperty("firstPostAtMs");
  });
});

describe("the quota of the ledger", () => {
  it("accepts the burst and then the rate, and rejects other posts with 429", () => {
    const { ledger, pass } = ledgerAt({ quota: { rate: 10, burst: 5 } });
    const post = (): number => ledger.post("a=", 1);
    expect(Array.from({ length: 7 }, post)).toEqual([200, 200, 200, 200, 200, 429, 429]);
    pass(100);
    expect([post(), post()]).toEqual([200, 429]);
    pass(60_000);
    expect(Array.from({ length: 6 }, post)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(ledger.report()).toMatchObject({ posts: 15, accepted: 11, rejected: 4 });
  });
});
