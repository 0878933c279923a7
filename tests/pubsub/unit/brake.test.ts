import { beforeEach, describe, expect, it } from "vitest";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Spending } from "../../../packages/pubsub/src/core/ports.ts";
import {
  type Admission,
  type Brake,
  createBrake,
  MESSAGE_PRICE,
} from "../../../packages/pubsub/src/handlers/brake.ts";
import { createMemorySpending } from "../../../packages/pubsub/src/testing/spending.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { consumerOf } from "../../support/samples.ts";

const client = consumerOf("client");
/** In an hour a connection may cost 30,000 millionths of a dollar, a twentieth of it at once. */
const maxDollarsPerHour = 0.03;
const BURST = 1_500;
const SECOND_PRICE = 30_000 / 3_600;

let clock: ManualClock;
let spending: Spending;
let calls: number;
let observed: PipelineEvent[];

beforeEach(() => {
  clock = createManualClock();
  calls = 0;
  observed = [];
  const memory = createMemorySpending();
  spending = {
    spend(request) {
      calls += 1;
      return memory.spend(request);
    },
  };
});

/** One environment of the function. */
const environment = (options: { frameRate?: () => boolean; spending?: Spending } = {}): Brake =>
  createBrake(
    { spending: options.spending ?? spending, clock, observe: (event) => void observed.push(event) },
    { maxDollarsPerHour, frameRate: options.frameRate ?? (() => true) },
  );

async function send(brake: Brake, times: number, price = MESSAGE_PRICE): Promise<Admission[]> {
  const admissions: Admission[] = [];
  for (let n = 0; n < times; n++) admissions.push(await brake.admit(client, price));
  return admissions;
}

const count = (admissions: readonly Admission[], admission: Admission): number =>
  admissions.filter((each) => each === admission).length;

describe("a client that sends as fast as it can", () => {
  // Each environment used to have a limit of its own: 50 messages a second, and 500 at once
  it("is admitted for what a connection may cost, however many environments its messages reach", async () => {
    const environments = Array.from({ length: 20 }, () => environment());
    const admissions: Admission[] = [];
    for (let round = 0; round < 500; round++) {
      for (const brake of environments) admissions.push(...(await send(brake, 1)));
    }
    // What each environment has not told the table yet may come on top: 60 each
    expect(MESSAGE_PRICE * count(admissions, "admitted")).toBeLessThanOrEqual(BURST + 20 * 63);
    expect(admissions.at(-1)).not.toBe("admitted");
  });

  it("is disconnected after about 200 messages that were refused, once", async () => {
    const brake = environment();
    const admissions = await send(brake, 2_000);
    const [first, ended] = [admissions.indexOf("refused"), admissions.indexOf("ended")];
    expect(MESSAGE_PRICE * first).toBeGreaterThanOrEqual(BURST);
    expect(MESSAGE_PRICE * first).toBeLessThanOrEqual(BURST + 2 * 63);
    expect(ended - first).toBeGreaterThanOrEqual(190);
    expect(ended - first).toBeLessThanOrEqual(205);
    expect(count(admissions, "ended")).toBe(1);
    expect(new Set(admissions.slice(ended + 1))).toEqual(new Set(["refused"]));
  });

  it("is admitted again after a pause in which it paid its debt", async () => {
    const brake = environment();
    await send(brake, 550);
    expect(await send(brake, 1)).toEqual(["refused"]);
    clock.advance((300 / SECOND_PRICE) * 1_000);
    expect(await send(brake, 10)).toEqual(Array(10).fill("admitted"));
  });

  it("is disconnected after 250 messages in a row above the rate of one environment", async () => {
    const brake = createBrake(
      { spending, clock, observe: () => {} },
      { maxDollarsPerHour: 1_000, frameRate: () => false },
    );
    const admissions = await send(brake, 250);
    expect([count(admissions, "refused"), admissions.at(-1)]).toEqual([249, "ended"]);
  });

  it("pays for each message what it costs: one that costs 60 is admitted 25 times", async () => {
    const brake = environment();
    expect(count(await send(brake, 100, 60), "admitted")).toBeLessThanOrEqual(26);
  });

  it("does not slow down another client", async () => {
    const brake = environment();
    await send(brake, 750);
    expect(await brake.admit(consumerOf("other"), MESSAGE_PRICE)).toBe("admitted");
  });
});

describe("what the brake itself costs", () => {
  it("makes no call for a client that sends a heartbeat of 100 topics every 52 seconds for two hours", async () => {
    const brake = environment();
    for (let beat = 0; beat < 138; beat++) {
      clock.advance(52_000);
      expect(await brake.admit(client, MESSAGE_PRICE)).toBe("admitted");
      await brake.charge(client, 13.5);
    }
    expect(calls).toBe(0);
  });

  it("makes a call for about 20 messages of a busy client, and for each message of one that is refused", async () => {
    const brake = environment();
    await send(brake, 400);
    expect(calls).toBeLessThanOrEqual(20);
    await send(brake, 150);
    calls = 0;
    expect(await send(brake, 10)).toEqual(Array(10).fill("refused"));
    expect(calls).toBe(10);
  });
});

describe("large messages", () => {
  it("permits one that costs 49 at once, over all environments, and one more every six seconds", async () => {
    const environments = Array.from({ length: 10 }, () => environment());
    const permitted = await Promise.all(environments.map((brake) => brake.mayWork(client, 49)));
    expect(permitted.filter(Boolean)).toHaveLength(1);
    clock.advance(6_000);
    const [one, other] = environments;
    expect([await one?.mayWork(client, 49), await other?.mayWork(client, 49)]).toEqual([true, false]);
  });

  // A flood of such PINGs asked the table for each, and other clients waited
  it("are refused without a call for the second after the table refused one", async () => {
    const brake = environment();
    while (await brake.mayWork(client, 49)) {
      // Until the table refuses
    }
    expect(brake.isOverworked(client)).toBe(true);
    calls = 0;
    expect(await brake.mayWork(client, 49)).toBe(false);
    expect(calls).toBe(0);
    clock.advance(1_000);
    expect(brake.isOverworked(client)).toBe(false);
    await brake.mayWork(client, 49);
    expect(calls).toBe(1);
  });

  it("permits a heartbeat with 100 topics every 52 seconds, with a call for each, at the default of $0.02 an hour", async () => {
    const brake = createBrake(
      { spending, clock, observe: () => {} },
      { maxDollarsPerHour: 0.02, frameRate: () => true },
    );
    for (let beat = 0; beat < 138; beat++) {
      expect(await brake.admit(client, MESSAGE_PRICE)).toBe("admitted");
      expect(await brake.mayWork(client, 15)).toBe(true);
      clock.advance(52_000);
    }
    expect(calls).toBe(138);
  });

  // Each environment used to permit its first one without a call: a flood reached eight, and other clients waited
  it("of 100 topics are permitted to three of ten environments at once, at the default of $0.02 an hour", async () => {
    const environments = Array.from({ length: 10 }, () =>
      createBrake({ spending, clock, observe: () => {} }, { maxDollarsPerHour: 0.02, frameRate: () => true }),
    );
    const permitted = await Promise.all(environments.map((brake) => brake.mayWork(client, 15)));
    expect(permitted.filter(Boolean)).toHaveLength(3);
  });

  it("permits the dearest message, which asks for 15 three times, at the default of $0.02 an hour", async () => {
    const brake = createBrake(
      { spending, clock, observe: () => {} },
      { maxDollarsPerHour: 0.02, frameRate: () => true },
    );
    for (let ask = 0; ask < 3; ask++) expect(await brake.mayWork(client, 15)).toBe(true);
  });

  it("permits them after the 100 subscriptions of a client that comes back", async () => {
    const brake = environment();
    expect(new Set(await send(brake, 100, 6))).toEqual(new Set(["admitted"]));
    expect(await brake.mayWork(client, 49)).toBe(true);
  });
});

// A brake must not become an outage
it("admits messages and replays while the table does not respond, and reports each failure", async () => {
  const error = new Error("throttled");
  const brake = environment({ spending: { spend: () => Promise.reject(error) } });
  expect(count(await send(brake, 2_000), "admitted")).toBe(2_000);
  expect(await brake.mayWork(client, 49)).toBe(true);
  expect(observed[0]).toEqual({ event: "background-failure", stage: "brake", error });
});
