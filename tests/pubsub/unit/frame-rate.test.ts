import { expect, it } from "vitest";
import { createFrameRate } from "../../../packages/pubsub/src/handlers/frame-rate.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { consumerOf } from "../../support/samples.ts";

const client = consumerOf("client");

/** Returns how many of `count` frames pass. */
const passed = (count: number, take: () => boolean): number =>
  Array.from({ length: count }, take).filter((isAllowed) => isAllowed).length;

it("lets ten seconds' worth of frames through at once, then only the allowed rate per second", () => {
  const clock = createManualClock();
  const rate = createFrameRate(5, clock);
  const send = (): boolean => rate(client);
  expect(passed(200, send)).toBe(50);
  clock.advance(1_000);
  expect(passed(200, send)).toBe(5);
  clock.advance(100);
  expect(passed(200, send)).toBe(0);
  clock.advance(100);
  expect(passed(200, send)).toBe(1);
  clock.advance(3_600_000);
  expect(passed(200, send)).toBe(50);
});

it("counts each connection separately, also if only the stage or the domain differs", () => {
  const rate = createFrameRate(1, createManualClock());
  expect(passed(20, () => rate(client))).toBe(10);
  for (const other of [consumerOf("other"), { ...client, stage: "dev" }, { ...client, domainName: "d" }]) {
    expect(passed(20, () => rate(other))).toBe(10);
  }
});

it("lets no more frames through when the clock goes back", () => {
  const clock = createManualClock();
  const rate = createFrameRate(1, clock);
  expect(passed(10, () => rate(client))).toBe(10);
  clock.advance(-60_000);
  expect(rate(client)).toBe(false);
  clock.advance(1_000);
  expect(rate(client)).toBe(true);
});

it("remembers 10,000 connections, then forgets the one that has been quiet the longest", () => {
  const rate = createFrameRate(1, createManualClock());
  const [busy, quiet] = [consumerOf("busy"), consumerOf("quiet")];
  expect([passed(20, () => rate(busy)), passed(20, () => rate(quiet))]).toEqual([10, 10]);
  for (let other = 0; other < 9_998; other++) rate(consumerOf(String(other)));
  expect(rate(busy)).toBe(false);
  rate(consumerOf("one more"));
  expect(rate(busy)).toBe(false);
  expect(passed(20, () => rate(quiet))).toBe(10);
});
