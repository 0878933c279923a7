import { describe, expect, it } from "vitest";
import { publicationRecord } from "../../../packages/pubsub/src/core/fanout/publication-record.ts";
import type { LedgerRow, Ports } from "../../../packages/pubsub/src/core/ports.ts";
import type { StoredEvent } from "../../../packages/pubsub/src/core/types.ts";

const publication = { topicId: "t", epoch: "0mwtlex2q", offset: 3 };
const event: StoredEvent = { offset: 3, publicationId: "p", publishedAt: 100, json: "1", verbatim: false };
const counts = { consumers: 0, delivered: 0, gone: 0, retried: 0, handedOn: 0 };

function record(rows: readonly LedgerRow[], events: readonly StoredEvent[] = [event]) {
  const ports = {
    ledger: {
      async *rows() {
        yield* rows;
      },
    },
    log: {
      async *read() {
        yield* events;
      },
    },
  };
  return publicationRecord(ports as unknown as Pick<Ports, "log" | "ledger">, publication);
}

describe("publicationRecord", () => {
  it("has the times and counts of each unit, a unit before those that it handed on", async () => {
    const part = { ...counts, consumers: 5, delivered: 4, gone: 1 };
    const found = await record([
      { row: "done", unit: "000001/b", ...part, lastStep: false, claimedAtMs: 130, doneAtMs: 150 },
      { row: "claimed", unit: "000001/a", claimedAtMs: 131 },
      {
        row: "done",
        unit: "000001",
        ...counts,
        handedOn: 2,
        lastStep: true,
        claimedAtMs: 110,
        doneAtMs: 120,
      },
      { row: "abandoned", unit: "000001/b", count: 2, attempts: 8, reason: "500", abandonedAtMs: 149 },
    ]);
    expect(found).toEqual({
      ...{ state: "delivering", delivered: 4, gone: 1, retried: 0, abandoned: 2, pages: 1 },
      publicationId: "p",
      publishedAt: 100,
      units: [
        { unit: "000001", kind: "step", state: "done", claimedAt: 110, doneAt: 120, ...counts, handedOn: 2 },
        { unit: "000001/a", kind: "part", state: "claimed", claimedAt: 131, ...counts },
        { unit: "000001/b", kind: "part", state: "done", claimedAt: 130, doneAt: 150, ...part },
      ],
      abandonments: [{ unit: "000001/b", consumers: 2, attempts: 8, reason: "500", abandonedAt: 149 }],
    });
  });

  it("has no times where the ledger has none, and no event where the log has none any more", async () => {
    const found = await record([{ row: "done", unit: "000001", ...counts, lastStep: true }], []);
    expect(found).toMatchObject({ state: "complete", units: [{ unit: "000001", kind: "step", ...counts }] });
    expect(Object.keys(found.units[0] ?? {})).not.toContain("doneAt");
    expect(found).not.toHaveProperty("publishedAt");
  });

  it("is queued before any unit is claimed, and rejects if neither log nor ledger knows the publication", async () => {
    expect(await record([])).toMatchObject({
      state: "queued",
      publishedAt: 100,
      units: [],
      abandonments: [],
    });
    await expect(record([], [])).rejects.toMatchObject({ code: "PUBLICATION_NOT_FOUND" });
  });
});
