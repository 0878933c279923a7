import { expect, it } from "vitest";
import { createLifeLog } from "../../../demo/life-log.ts";

const ID = "5f0c2f0e-0000-4000-8000-000000000001";
const line = (second: number, message: string, fields: Record<string, unknown> = {}): string =>
  JSON.stringify({ timestamp: `2026-11-28T10:00:0${second}.000Z`, message, publicationId: ID, ...fields });
const accepted = line(0, "publication-accepted");
const page = line(1, "unit-completed", { attempt: 1, delivered: 2, gone: 0, handedOn: 1 });
const redelivery = line(3, "unit-completed", { attempt: 2, delivered: 1, gone: 0, handedOn: 0 });

it("waits for the line of the redelivery, which comes last", async () => {
  const log = createLifeLog();
  let isWhole = false;
  const life = log.wholeLife(ID, 3, AbortSignal.timeout(30_000)).then((lines) => {
    isWhole = true;
    return lines;
  });
  for (const each of [accepted, page, "not JSON", line(2, "redelivery-queued")]) log.add(each);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isWhole).toBe(false);
  log.add(redelivery);
  expect((await life).map(({ message }) => message)).toEqual([
    "publication-accepted",
    "unit-completed",
    "redelivery-queued",
    "unit-completed",
  ]);
});

it("returns lines that several workers wrote out of order in the order of their timestamps", async () => {
  const log = createLifeLog();
  for (const each of [redelivery, page, accepted]) log.add(each);
  const lines = await log.wholeLife(ID, 3, AbortSignal.timeout(30_000));
  expect(lines.map(({ timestamp }) => timestamp.slice(17, 19))).toEqual(["00", "01", "03"]);
});

it("rejects with the reason of the abort if a line does not come", async () => {
  const log = createLifeLog();
  const stop = new AbortController();
  const life = log.wholeLife(ID, 3, stop.signal);
  log.add(page);
  stop.abort(new Error("out of patience"));
  await expect(life).rejects.toMatchObject({ cause: { message: "out of patience" } });
});
