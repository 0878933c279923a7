import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSigningClock, signingMs } from "../../../packages/pubsub/src/aws/transport/signing-clock.ts";

const NOON_MS = Date.UTC(2026, 5, 1, 12);
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOON_MS }));
afterEach(() => void vi.useRealTimers());

const at = (ms: number): { date: string } => ({ date: new Date(NOON_MS + ms).toUTCString() });
const MINUTE_MS = 60_000;

it.each([4, 5, 10, -4, -5, -10, 60 * 24])(
  "signs with the service's time after a refusal whose Date is %i minutes off",
  (minutes) => {
    const clock = createSigningClock();
    expect(clock.correct(at(minutes * MINUTE_MS), clock.now())).toBe(true);
    expect(signingMs(clock.now())).toBe(NOON_MS + minutes * MINUTE_MS);
    vi.setSystemTime(NOON_MS + 1_000);
    expect(signingMs(clock.now())).toBe(NOON_MS + minutes * MINUTE_MS + 1_000);
  },
);

it.each([
  ["3 min 59 s behind", at(-239_000)],
  ["3 min 59 s ahead", at(239_000)],
  ["absent", {}],
  ["malformed", { date: "yesterday" }],
])("keeps the system's time after a refusal whose Date is %s", (_, refusal) => {
  const clock = createSigningClock();
  expect(clock.correct(refusal, clock.now())).toBe(false);
  expect(signingMs(clock.now())).toBe(NOON_MS);
});

it("keeps the system's time after a refusal that was read ten minutes after its Date", () => {
  const clock = createSigningClock();
  const signedAt = clock.now();
  vi.setSystemTime(NOON_MS + 10 * MINUTE_MS);
  expect(clock.correct(at(1_000), signedAt)).toBe(false);
});

it("takes each refusal for one of the time that its request was signed with", () => {
  const clock = createSigningClock();
  const [first, second] = [clock.now(), clock.now()];
  expect(clock.correct(at(10 * MINUTE_MS), first)).toBe(true);
  expect(clock.correct(at(10 * MINUTE_MS), second)).toBe(true);
  expect(signingMs(clock.now())).toBe(NOON_MS + 10 * MINUTE_MS);
  expect(clock.correct(at(10 * MINUTE_MS), clock.now())).toBe(false);
});

it("returns to the system's time after the system's clock was set right", () => {
  const clock = createSigningClock();
  clock.correct(at(10 * MINUTE_MS), clock.now());
  vi.setSystemTime(NOON_MS + 10 * MINUTE_MS);
  expect(clock.correct(at(10 * MINUTE_MS), clock.now())).toBe(true);
  expect(signingMs(clock.now())).toBe(Date.now());
});
