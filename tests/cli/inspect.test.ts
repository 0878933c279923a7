/** `pubsub inspect`: its arguments, its link, and what its page may read of a stage. */
import { createInterface } from "node:readline";
import { publishToTopic } from "lambda-websocket-pubsub";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCloudwatchHealth } from "../../packages/cli/src/inspect/cloudwatch-health.ts";
import { main } from "../../packages/cli/src/main.ts";
import { within } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { localFlags, runPubsub, startPubsub } from "../support/verify.ts";

const file = stackForFile();

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("pubsub inspect", () => {
  it.each([
    [["--table", "t"], "the queue of the stage is missing: give --queue or set PUBSUB_QUEUE_URL"],
    [
      ["--table", "t", "--queue", "fanout"],
      '--queue must be a URL that begins with http:// or https://; got "fanout"',
    ],
    [["--outputs", "f", "--env", "f"], "--outputs names a deployed stage"],
    [["--port", "0"], '--port must be a whole number from 1 to 65535; got "0"'],
    [["--prot", "1"], "Did you mean --port?"],
  ])("refuses %j with exit code 2", async (args, message) => {
    // The stack of this file is in the environment
    for (const name of ["PUBSUB_TABLE_NAME", "PUBSUB_QUEUE_URL", "PUBSUB_LOCAL_STACK_ID"])
      vi.stubEnv(name, "");
    vi.spyOn(console, "log").mockReturnValue();
    const complained = vi.spyOn(console, "error").mockReturnValue();
    expect(await main(["inspect", ...args])).toBe(2);
    expect(complained.mock.calls.join("\n")).toContain(message);
  });

  it("says that there is no stack, and teaches its options", async () => {
    expect(await runPubsub(["inspect"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no stack was found; this command needs its table and queue."),
    });
    expect(await runPubsub(["inspect", "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("--service <NAME>"),
    });
  });

  it("serves a stage on loopback to who has the link, prints another link, and ends with Ctrl-C", async () => {
    const { epoch, offset } = await publishToTopic({
      topicId: "room-1",
      data: { text: "hi" },
      config: file.config,
    });
    const { child, outcome } = await startPubsub(["inspect", ...(await localFlags(file.stack))]);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const [link, token] = await nextLink(lines);
    expect(new URL(link).hostname).toBe("127.0.0.1");
    const call = (name: string, init: RequestInit = {}): Promise<Response> =>
      fetch(new URL(`/api/${name}`, link), init);
    expect((await call("about")).status).toBe(401);
    const opened = await call("session", { method: "POST", body: JSON.stringify({ token }) });
    const { key } = (await opened.json()) as { key: string };
    const headers = { authorization: `Bearer ${key}` };
    expect(await (await call("about", { headers })).json()).toMatchObject({ kind: "local", feed: "watched" });
    const log = await (await call("log?topic=room-1", { headers })).json();
    expect(log).toMatchObject([{ topicId: "room-1", epoch, offset, bytes: 13 }]);
    expect(JSON.stringify(log)).not.toContain("hi");
    const place = `topic=room-1&epoch=${epoch}&offset=${offset}`;
    expect(await (await call(`payload?${place}`, { headers })).json()).toEqual({ data: { text: "hi" } });
    expect(await (await call(`publication?${place}`, { headers })).json()).toMatchObject({
      offset,
      units: expect.any(Array),
    });
    expect(await (await call("topics", { headers })).json()).toEqual({ topics: ["room-1"], complete: true });
    const [, another] = await nextLink(lines);
    expect(another).not.toBe(token);
    child.kill("SIGINT");
    expect(await within("end", outcome)).toMatchObject({ code: 0, stderr: "" });
  });
});

async function nextLink(lines: AsyncIterator<string>): Promise<[link: string, token: string]> {
  for (;;) {
    const { value, done } = await within("line of output", lines.next());
    if (done) throw new Error("the command ended without a link");
    const [, link, token] = /^\s+(http:\/\/\S+\/)#token=(\S+)$/.exec(value) ?? [];
    if (link !== undefined && token !== undefined) return [link, token];
  }
}

describe("the health of a deployed stage", () => {
  it("puts the metrics of each minute together, and asks once a minute", async () => {
    const minute = new Date(60_000);
    const results = Object.entries({
      delivered: 30,
      throttledAccount: 2,
      p50: 4,
      p90: 9,
      p99: 20,
      queueAgeSeconds: 3,
    });
    const send = vi.fn(async () => ({
      MetricDataResults: results.map(([Id, value]) => ({ Id, Timestamps: [minute], Values: [value] })),
    }));
    let nowMs = 200_000;
    const health = createCloudwatchHealth({ send } as never, { service: "s", queueName: "q" }, () => nowMs);
    const first = await health(0);
    expect(first.samples).toEqual([
      {
        ...{ atMs: 60_000, seconds: 60, publications: 0, delivered: 30, gone: 0, failed: 0, throttled: 2 },
        latencyMs: { p50: 4, p90: 9, p99: 20 },
        queueAgeMs: 3_000,
      },
    ]);
    expect((await health(60_000)).samples).toEqual([]);
    expect(send).toHaveBeenCalledTimes(1);
    nowMs += 60_000;
    await health(0);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("asks again after a failure", async () => {
    const send = vi
      .fn()
      .mockRejectedValueOnce(new Error("AccessDenied"))
      .mockResolvedValueOnce({ MetricDataResults: [] });
    const health = createCloudwatchHealth({ send } as never, { service: "s", queueName: "q" });
    await expect(health(0)).rejects.toThrow("AccessDenied");
    expect((await health(0)).samples).toEqual([]);
  });
});
