/**
 * A storm of events costs the page a bounded number of drawings, of changes in each, and of elements. How long a frame takes
 * depends on the machine: `npm run bench -- inspector` measures that.
 */
import { expect, it } from "vitest";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";
import { storm } from "./inspector/storm.ts";

const EVENTS = 10_000;
const TOPICS = 300;
/** A minute's events come in a quarter of one. */
const SECONDS = 15;
/** The page draws at most every 250 ms. */
const DRAWINGS_PER_SECOND_MAX = 4;
const ELEMENTS_MAX = 1_500;
/** 50 rows and 40 events can all be others than before. */
const CHANGES_MAX = 1_500;

const chromium = chromiumForTests();

it(`draws ${EVENTS} events of ${TOPICS} topics in ${SECONDS} s at most ${DRAWINGS_PER_SECOND_MAX} times a second, with at most ${ELEMENTS_MAX} elements and ${CHANGES_MAX} changes a drawing`, async () => {
  const seen = await storm(chromium.get(), { events: EVENTS, topics: TOPICS, seconds: SECONDS });
  expect(seen.head).toContain("10,000 events seen in 300 topics");
  expect(seen.drawings).toBeGreaterThan(0);
  expect(seen.drawings).toBeLessThanOrEqual(Math.ceil(seen.seconds * DRAWINGS_PER_SECOND_MAX) + 1);
  expect(seen.elementsMax).toBeLessThanOrEqual(ELEMENTS_MAX);
  expect(seen.changesMax).toBeGreaterThan(0);
  expect(seen.changesMax).toBeLessThanOrEqual(CHANGES_MAX);
});
