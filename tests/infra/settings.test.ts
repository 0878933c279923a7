import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { maxPostsPerSecond, messagesOfRoute, settingsFor } from "../../stacks/settings.ts";
import { REPOSITORY, sstVersion } from "./synth/sst-platform.ts";

describe("the settings", () => {
  it("retains the resources of production and of no other stage", () => {
    expect(settingsFor("production").keep).toBe(true);
    for (const stage of ["dev", "staging", "Production", undefined])
      expect(settingsFor(stage).keep).toBe(false);
  });

  it("takes the alarms' address from the environment and ignores an empty one", () => {
    expect(settingsFor("dev", {}).alarms.email).toBeUndefined();
    expect(settingsFor("dev", { ALARM_EMAIL: "" }).alarms.email).toBeUndefined();
    expect(settingsFor("dev", { ALARM_EMAIL: "a@example.com" }).alarms.email).toBe("a@example.com");
  });

  it.each(["production", "dev"])("keeps the settings of %s within the limits of Lambda and SQS", (stage) => {
    const { fanout, websocket, publish, alarms, eventRetentionSeconds } = settingsFor(stage);
    expect(fanout.maximumConcurrency).toBeGreaterThanOrEqual(2);
    expect(fanout.maximumConcurrency).toBeLessThanOrEqual(1_000);
    // Lambda throttles a mapping that may run more than is reserved
    expect(fanout.reservedConcurrency).toBeGreaterThanOrEqual(fanout.maximumConcurrency);
    // For batches above ten messages, Lambda requires a window
    if (fanout.batchSize > 10) expect(fanout.batchWindowSeconds).toBeGreaterThanOrEqual(1);
    expect(websocket.timeoutSeconds).toBeLessThanOrEqual(29);
    expect(publish.timeoutSeconds).toBeLessThanOrEqual(29);
    expect(eventRetentionSeconds).toBeLessThanOrEqual(31_536_000);
    // One dead worker is repaired within a visibility timeout, which must not raise an alarm
    expect(alarms.oldestMessageSeconds).toBeGreaterThan(6 * fanout.timeoutSeconds);
  });

  it("lets production post 7,000 times a second, and a test stage 1,000 times", () => {
    expect(settingsFor("production").fanout.accountPostsPerSecond).toBe(7_000);
    expect(settingsFor("dev").fanout.accountPostsPerSecond).toBe(1_000);
  });

  it.each(["production", "dev"])("lets nobody but back ends publish on %s, unless it is set", (stage) => {
    expect(settingsFor(stage)).toMatchObject({ clientPublish: false, httpPublish: "off" });
  });

  it.each([
    [false, { perSecond: 1_501, burst: 1_500 }],
    [true, { perSecond: 750, burst: 750 }],
  ])(
    "divides what clients may send between the routes for messages; clientPublish: %s",
    (clientPublish, each) => {
      const messages = { perSecond: 1_501, burst: 1_500 };
      expect(messagesOfRoute({ ...settingsFor("production"), messages, clientPublish })).toEqual(each);
    },
  );

  it.each([
    [7_000, 4, 1_750],
    [1_750, 4, 437],
    [7_000, 3, 2_333],
    [500, 1_000, 1],
  ])(
    "divides %d posts a second among %d workers: %d each, rounded down, and at least 1",
    (posts, workers, each) => {
      const fanout = {
        ...settingsFor("production").fanout,
        accountPostsPerSecond: posts,
        maximumConcurrency: workers,
      };
      expect(maxPostsPerSecond(fanout)).toBe(each);
    },
  );

  it("pins one version of SST for the CLI and for what the functions import", async () => {
    const config = await readFile(path.join(REPOSITORY, "sst.config.ts"), "utf8");
    const manifest = JSON.parse(await readFile(path.join(REPOSITORY, "functions/package.json"), "utf8")) as {
      dependencies: { sst: string };
    };
    const version = await sstVersion();
    expect(config).toContain(`version: "${version}"`);
    expect(manifest.dependencies.sst).toBe(version);
  });
});
