import { describe, expect, it } from "vitest";
import type { PendingConsumer } from "../../../packages/pubsub/src/core/fanout/message.ts";
import {
  deadUnit,
  isDeepest,
  isUnit,
  parentUnit,
  partUnit,
  stepPartUnit,
  stepUnit,
  unitKind,
} from "../../../packages/pubsub/src/core/fanout/units.ts";
import { consumerOf } from "../../support/samples.ts";

const pending = (id: string, from = 1): PendingConsumer => {
  return { consumer: consumerOf(id), format: "data", subscribedAt: 0, from };
};

it("names steps so that they sort, parts by their consumers, and redriven units with /dead", () => {
  expect([1, 42, 1_000_000].map(stepUnit)).toEqual(["000001", "000042", "1000000"]);
  const part = partUnit(stepUnit(1), [pending("a")]);
  expect(part).toMatch(/^000001\/[0-9a-z]{11}$/);
  expect(deadUnit(part)).toBe(`${part}/dead`);
  expect([stepUnit(1), part, deadUnit(part), partUnit(deadUnit(part), [pending("a")])].map(unitKind)).toEqual(
    ["step", "part", "dead", "part"],
  );
  expect([part, deadUnit(part)].map(parentUnit)).toEqual(["000001", part]);
});

describe("a part's name", () => {
  // Workers of two releases may claim the same unit. Different names would make them do the work twice.
  it("is the same as in every earlier release", () => {
    expect(partUnit("000001", [pending("a")])).toBe("000001/0bumrt68za8");
    expect(partUnit("000001", [pending("b", 7), pending("ü/💡=", 2)])).toBe("000001/2189r95t1z5");
  });

  it("is the same for every publication, for a part of a step", () => {
    const consumers = (from: number): PendingConsumer[] => [pending("a", from), pending("b", from)];
    expect(stepPartUnit("000001", consumers(1))).toBe(stepPartUnit("000001", consumers(9)));
    expect(stepPartUnit("000001", consumers(1))).not.toBe(stepPartUnit("000002", consumers(1)));
    expect(stepPartUnit("000001", consumers(1))).not.toBe(stepPartUnit("000001", consumers(1).slice(1)));
  });

  it("does not depend on the order of its consumers", () => {
    const [a, b] = [pending("a"), pending("b")];
    expect(partUnit("000001", [a, b])).toBe(partUnit("000001", [b, a]));
  });

  it("differs if a consumer or an offset differs", () => {
    const names = new Set<string>();
    for (let n = 0; n < 500; n++) {
      for (const from of [1, 2]) names.add(partUnit("000001", [pending(`c${n}`, from)]));
      names.add(partUnit("000001", [pending(`c${n}`), pending(`c${n + 1}`)]));
      names.add(partUnit("000001", [pending(`c${n}`), pending(`c${n + 2}`)]));
    }
    expect(names.size).toBe(2_000);
  });
});

it("limits handing on to sixty times, which fit in a DynamoDB key", () => {
  const deep = (depth: number): string => `000001${"/0pn3z7xozx6".repeat(depth)}`;
  expect([0, 59, 60].map((depth) => isDeepest(deep(depth)))).toEqual([false, false, true]);
  expect([deep(64), deep(65)].map(isUnit)).toEqual([true, false]);
});

it.each([
  ["000001", true],
  ["123456789012", true],
  ["000001/dead", true],
  ["000001/04fzyo82mvy/dead", true],
  ["00001", false],
  ["1234567890123", false],
  ["000001/", false],
  ["000001/04fzyo82mvy0", false],
  ["000001/A", false],
  ["000001//a", false],
  ["x000001", false],
  ["000001#", false],
  ["page 000001", false],
  ["", false],
])("takes %j for a unit's name: %s", (name, holds) => {
  expect(isUnit(name)).toBe(holds);
});
