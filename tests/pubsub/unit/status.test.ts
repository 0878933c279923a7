import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldLedger, publicationStatus } from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { LedgerRow, UnitResult } from "../../../packages/pubsub/src/core/ports.ts";
import { createMemoryLedger } from "../../../packages/pubsub/src/testing/ledger.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { eventToAppend, rejectionOf } from "../../support/samples.ts";

const done = (unit: string, changes: Partial<UnitResult> = {}): LedgerRow => ({
  row: "done",
  unit,
  consumers: 0,
  delivered: 0,
  gone: 0,
  retried: 0,
  handedOn: 0,
  lastStep: false,
  ...changes,
});
const claimed = (unit: string): LedgerRow => ({ row: "claimed", unit });
const abandoned = (unit: string, count: number): LedgerRow => ({ row: "abandoned", unit, count });
const last = { lastStep: true };
const nothing = { delivered: 0, gone: 0, retried: 0, abandoned: 0, pages: 0 };

const cases: [string, LedgerRow[], object][] = [
  ["is queued without rows", [], { state: "queued", ...nothing }],
  ["is delivering while the first page is claimed", [claimed("000001")], { state: "delivering", ...nothing }],
  [
    "is complete if the last page had no consumers",
    [done("000001", last)],
    { state: "complete", ...nothing, pages: 1 },
  ],
  [
    "is complete if all consumers of the only page are delivered or gone",
    [done("000001", { ...last, consumers: 9, delivered: 7, gone: 2, retried: 3 })],
    { state: "complete", delivered: 7, gone: 2, retried: 3, abandoned: 0, pages: 1 },
  ],
  [
    "is delivering if the last page is missing",
    [done("000001"), done("000002")],
    { state: "delivering", pages: 2 },
  ],
  [
    "is delivering if a page in the middle is missing",
    [done("000001"), done("000003", last)],
    { state: "delivering", pages: 2 },
  ],
  [
    "is delivering while a page in the middle is claimed",
    [done("000001"), claimed("000002"), done("000003", last)],
    { state: "delivering", pages: 2 },
  ],
  [
    "is complete if all pages are done",
    [done("000001"), done("000002"), done("000003", last)],
    { state: "complete", pages: 3 },
  ],
  [
    "is delivering while a named part is not done, whichever other parts are",
    [done("000001", { ...last, handedOn: 1, parts: ["a"] }), done("000001/b")],
    { state: "delivering" },
  ],
  [
    "is complete if all named parts are done, whichever other parts wait",
    [done("000001", { ...last, handedOn: 2, parts: ["a", "b"] }), done("000001/a"), done("000001/b")],
    { state: "complete", pages: 2 },
  ],
  [
    "counts a step once if it is done in a run and was claimed or done before",
    [
      claimed("000001"),
      done("000001", { ...last, consumers: 2, delivered: 2 }),
      done("000001", { ...last, consumers: 2, delivered: 1, handedOn: 1 }),
      done("000001/a", { consumers: 1, delivered: 1 }),
    ],
    { state: "complete", delivered: 2, pages: 1 },
  ],
  [
    "is complete if the last step is done, whatever a dead worker had begun after it",
    [
      done("000001", { end: "row", consumers: 3 }),
      claimed("000002"),
      done("000001", { ...last, delivered: 1 }),
    ],
    { state: "complete", delivered: 1, pages: 1 },
  ],
  [
    "is delivering while a part is queued",
    [done("000001", { ...last, consumers: 1, handedOn: 1 })],
    { state: "delivering", pages: 1 },
  ],
  [
    "is delivering if one part of two is done",
    [done("000001", { ...last, consumers: 2, handedOn: 2 }), done("000001/a")],
    { state: "delivering", pages: 1 },
  ],
  [
    "is delivering while a part is claimed",
    [done("000001", { ...last, consumers: 1, handedOn: 1 }), claimed("000001/a")],
    { state: "delivering", pages: 1 },
  ],
  [
    "counts the parts of a dispatched step as pages, once they are done",
    [
      done("000001", { handedOn: 2 }),
      done("000001/a", { consumers: 3, delivered: 3 }),
      done("000002", { ...last, handedOn: 1 }),
      done("000002/c", { consumers: 1, handedOn: 1 }),
      done("000002/c/d", { consumers: 1, delivered: 1 }),
    ],
    { state: "delivering", pages: 2, delivered: 4 },
  ],
  [
    "is delivering while a step follows that nobody has claimed",
    [done("000001", { handedOn: 1 }), done("000001/a")],
    { state: "delivering", pages: 1 },
  ],
  [
    "is complete if all parts are done, and the parts that they handed on",
    [
      done("000001", { ...last, handedOn: 2, consumers: 5, delivered: 2 }),
      done("000001/a", { consumers: 2, delivered: 1, retried: 2, handedOn: 1 }),
      done("000001/b", { consumers: 1, delivered: 1, retried: 1 }),
      done("000001/a/c", { consumers: 1, gone: 1, retried: 1 }),
    ],
    { state: "complete", delivered: 4, gone: 1, retried: 4, abandoned: 0, pages: 1 },
  ],
  [
    "is delivering if a part is missing, even if another unit has a part too many",
    [
      done("000001", { handedOn: 2 }),
      done("000001/a"),
      done("000002", { ...last, handedOn: 1 }),
      done("000002/a"),
      done("000002/b"),
    ],
    { state: "delivering" },
  ],
  [
    "is complete if a unit has more parts than its last attempt handed on",
    [done("000001", { ...last, handedOn: 1 }), done("000001/a"), done("000001/b")],
    { state: "complete" },
  ],
  [
    "is complete and counts the abandoned consumers of a part",
    [done("000001", { ...last, consumers: 5, delivered: 3 }), abandoned("000001/a", 2)],
    { state: "complete", delivered: 3, abandoned: 2 },
  ],
  [
    "is complete without abandoned consumers if a redrive delivered them",
    [
      done("000001", { ...last, consumers: 5, delivered: 3 }),
      abandoned("000001/a", 2),
      done("000001/a/dead", { consumers: 2, delivered: 2, retried: 0 }),
    ],
    { state: "complete", delivered: 5, abandoned: 0 },
  ],
  [
    "is delivering while a redriven unit is claimed",
    [done("000001", { ...last, delivered: 3 }), abandoned("000001/a", 2), claimed("000001/a/dead")],
    { state: "delivering", delivered: 3, abandoned: 2 },
  ],
  [
    "is complete and counts the consumer that is abandoned again after a redrive",
    [
      done("000001", { ...last, consumers: 5, delivered: 3 }),
      abandoned("000001/a", 2),
      done("000001/a/dead", { consumers: 2, delivered: 1, handedOn: 1 }),
      done("000001/a/dead/b", { consumers: 1, retried: 1 }),
      abandoned("000001/a/dead/b/c", 1),
    ],
    { state: "complete", delivered: 4, abandoned: 1 },
  ],
];

describe("foldLedger", () => {
  it.each(cases)("%s", (_, rows, status) => {
    expect(foldLedger(rows)).toMatchObject(status);
  });

  it("returns the same status for the same rows in any order", () => {
    const property = fc.property(fc.constantFrom(...cases), fc.nat(), ([, rows, status], turn) => {
      const turned = [...rows.slice(turn % (rows.length || 1)), ...rows.slice(0, turn % (rows.length || 1))];
      expect(foldLedger(turned)).toMatchObject(status);
      expect(foldLedger(turned.toReversed())).toMatchObject(status);
    });
    fc.assert(property);
  });
});

describe("publicationStatus", () => {
  it("returns the ledger's status for an expired event, and rejects with PUBLICATION_NOT_FOUND for one without a ledger", async () => {
    const clock = createManualClock();
    const log = createMemoryTopicLog(clock);
    const ledger = createMemoryLedger();
    const epoch = "0loyw3v28";
    const nowMs = clock.now();
    const expiresAtSeconds = nowMs / 1_000 + 10;
    const [expiring, lasting] = [
      eventToAppend("a", { nowMs, expiresAtSeconds }),
      eventToAppend("b", { nowMs }),
    ];
    const events = [expiring, { ...expiring, publicationId: "c" }, lasting];
    await log.append({ topicId: "t", epoch, offset: 1, events });
    clock.advance(11_000);
    const [told, forgotten] = [1, 2].map((offset) => ({ topicId: "t", epoch, offset }));
    if (!told || !forgotten) throw new Error("two publications");
    const result = { consumers: 3, delivered: 3, gone: 0, retried: 0, handedOn: 0, lastStep: true };
    await ledger.settle({ publication: told, unit: "000001", result });
    expect(await publicationStatus({ log, ledger }, told)).toMatchObject({ state: "complete", delivered: 3 });
    expect(await rejectionOf(publicationStatus({ log, ledger }, forgotten))).toMatchObject({
      code: "PUBLICATION_NOT_FOUND",
      message: "no such event in the topic's log, or not any more",
    });
  });

  it("returns queued for an event without a ledger, and rejects with PUBLICATION_NOT_FOUND for an unknown one", async () => {
    const clock = createManualClock();
    const log = createMemoryTopicLog(clock);
    const ledger = createMemoryLedger();
    const events = [eventToAppend("a", { nowMs: clock.now() })];
    const epoch = "0loyw3v28";
    await log.append({ topicId: "t", epoch, offset: 1, events });
    const about = { topicId: "t", epoch, offset: 1 };
    expect(await publicationStatus({ log, ledger }, about)).toEqual({ state: "queued", ...nothing });
    for (const other of [{ offset: 2 }, { topicId: "u" }, { epoch: "0loyw3v29" }]) {
      expect(await rejectionOf(publicationStatus({ log, ledger }, { ...about, ...other }))).toMatchObject({
        code: "PUBLICATION_NOT_FOUND",
        retryable: false,
        context: { ...about, ...other },
      });
    }
  });
});
