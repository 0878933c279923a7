import { expect, it } from "vitest";
import { createBoundedMap } from "../../../packages/pubsub/src/core/bounded-map.ts";

it("drops the entry that was set longest ago when the map is full", () => {
  const map = createBoundedMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([3, undefined, 4]);
});

it("keeps busy entries above its size, and drops them once they are idle", () => {
  const map = createBoundedMap<{ busy: boolean }>(1, ({ busy }) => !busy);
  const first = { busy: true };
  map.set("first", first);
  map.set("second", { busy: true });
  expect(map.get("first")).toBe(first);
  first.busy = false;
  map.set("second", { busy: true });
  expect(map.get("first")).toBeUndefined();
});

it("returns undefined for a deleted entry", () => {
  const map = createBoundedMap<number>(2);
  map.set("a", 1);
  map.delete("a");
  expect(map.get("a")).toBeUndefined();
});
