import { expect, it } from "vitest";
import { createBoundedMap } from "../../../packages/pubsub/src/core/bounded-map.ts";

it("forgets the entries that were set longest ago", () => {
  const map = createBoundedMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([3, undefined, 4]);
});

it("keeps entries that may not be forgotten, and forgets them once they may", () => {
  const map = createBoundedMap<{ busy: boolean }>(1, ({ busy }) => !busy);
  const first = { busy: true };
  map.set("first", first);
  map.set("second", { busy: true });
  expect(map.get("first")).toBe(first);
  first.busy = false;
  map.set("second", { busy: true });
  expect(map.get("first")).toBeUndefined();
});

it("forgets a deleted entry at once", () => {
  const map = createBoundedMap<number>(2);
  map.set("a", 1);
  map.delete("a");
  expect(map.get("a")).toBeUndefined();
});
