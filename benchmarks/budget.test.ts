import { describe, expect, it } from "vitest";
import { stackForFile } from "../tests/support/local-stack.ts";
import { measureIdle } from "./idle/measure.ts";
import { toIdleRow } from "./idle/rows.ts";
import { simulateClient } from "./idle/simulate-client.ts";
import { measureTopic } from "./small-topic/measure.ts";
import { availablePaths, type Path } from "./small-topic/paths.ts";
import { toRows } from "./small-topic/rows.ts";

/** Fails when a publication, a PING or a quiet page begins to take more than it did. Nothing here depends on speed. */
const used = stackForFile();

interface Budget {
  writeUnits: number;
  readUnits: number;
  sqsRequests: number;
  invocations: number;
  logBytes: number;
}

/** What a publication to 1 to 5 subscribers may take. With a publication id, the id's record is another write. */
const PUBLICATION: Record<Path, { plain: Budget; withId: Budget }> = {
  queue: {
    plain: { writeUnits: 2, readUnits: 1, sqsRequests: 3, invocations: 1, logBytes: 1_700 },
    withId: { writeUnits: 3, readUnits: 1, sqsRequests: 3, invocations: 1, logBytes: 1_700 },
  },
  inline: {
    plain: { writeUnits: 2, readUnits: 1, sqsRequests: 0, invocations: 0, logBytes: 1_000 },
    withId: { writeUnits: 3, readUnits: 1, sqsRequests: 0, invocations: 0, logBytes: 1_000 },
  },
  // A read more for revocations, and a fraction of a write for the connection's account
  client: {
    plain: { writeUnits: 2.7, readUnits: 2.5, sqsRequests: 3, invocations: 2, logBytes: 3_000 },
    withId: { writeUnits: 3.7, readUnits: 2.5, sqsRequests: 3, invocations: 2, logBytes: 3_000 },
  },
};

/** With `client`, its message comes on top, and the response takes the place of the post to it. */
const messagesOf = (path: Path, subscribers: number): number =>
  path === "client" ? subscribers + 1 : subscribers;

const ROUNDS = { warmUp: 3, rounds: 1, publishes: 3, bytes: 500 };

describe("a publication of 500 bytes", () => {
  it.each([
    [1, false],
    [1, true],
    [5, false],
    [5, true],
  ])(
    "to %i subscribers takes no more than its budget; with a publication id: %s",
    async (subscribers, publicationId) => {
      for (const path of await availablePaths(used.stack)) {
        const measured = await measureTopic(used.stack, { subscribers, publicationId, path }, ROUNDS);
        expect(measured).toMatchObject({ lost: 0, duplicates: 0 });
        const [row] = toRows([measured]);
        const budget = PUBLICATION[path][publicationId ? "withId" : "plain"];
        for (const [name, most] of Object.entries(budget)) {
          expect(row?.[name as keyof Budget], `${path}: ${name}`).toBeLessThanOrEqual(most);
        }
        const [round] = measured.rounds;
        expect(round?.usage.apiGateway.messages).toBe(ROUNDS.publishes * messagesOf(path, subscribers));
      }
    },
  );
});

describe("a quiet connection", () => {
  it.each([
    [1, 2],
    [10, 11],
  ])(
    "of %i topics takes at most %i read units for a PING, and none without positions",
    async (topics, most) => {
      const measured = await measureIdle(used.stack, topics, 1);
      const nobody = { connections: 0, subscribes: 0, pings: { named: 0, bare: 0 } };
      const row = toIdleRow(measured, nobody);
      expect(measured.events).toBe(0);
      expect(row.pingReadUnits).toBeLessThanOrEqual(most);
      expect(row.warmPingReadUnits).toBeLessThanOrEqual(most);
      expect(row.pingWriteUnits).toBe(0);
      expect(measured.bare.map(({ dynamodb }) => dynamodb)).toEqual([{ writeUnits: 0, readUnits: 0 }]);
      const [ping] = measured.cold;
      expect(ping?.usage).toMatchObject({ apiGateway: { messages: 2 }, lambda: { requests: 1 } });
    },
  );

  it("sends at most 70 PINGs an hour and moves to a new connection at most every 95 minutes", async () => {
    const hours = 24;
    const { connections, pings } = await simulateClient({ topics: 10, hours, eventsPerMinute: 0 });
    expect((pings.named + pings.bare) / hours).toBeLessThanOrEqual(70);
    expect(connections).toBeLessThanOrEqual(Math.ceil((hours * 60) / 95));
  });
});
