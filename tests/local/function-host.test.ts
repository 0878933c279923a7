import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  createFunctionHost,
  type FunctionHost,
  type FunctionHostOptions,
  FunctionInvocationError,
  type WorkerLogSource,
} from "../../packages/local/src/workers/index.ts";
import { eventually } from "../support/eventually.ts";
import type { Instruction } from "./fixtures/handlers.ts";
import { isRunning, processGone } from "./fixtures/process-gone.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

const hosts: FunctionHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
});

interface StartedHost {
  host: FunctionHost;
  run(instruction: Instruction, signal?: AbortSignal): Promise<unknown>;
  lines: { line: string; source: WorkerLogSource }[];
}

function start(options: Partial<FunctionHostOptions> = {}): StartedHost {
  const lines: StartedHost["lines"] = [];
  const host = createFunctionHost({
    name: "test",
    entry: fixture("handlers.ts"),
    onLog: (line, source) => lines.push({ line, source }),
    ...options,
  });
  hosts.push(host);
  return { host, lines, run: (instruction, signal) => host.invoke(instruction, signal ? { signal } : {}) };
}

async function failure(invocation: Promise<unknown>): Promise<FunctionInvocationError> {
  const error = await invocation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FunctionInvocationError);
  return error as FunctionInvocationError;
}

/** Resolves when a "hang" instruction is running in its process. */
async function hanging({ lines }: StartedHost, count = 1): Promise<void> {
  await eventually(() => expect(lines.filter(({ line }) => line === "hanging")).toHaveLength(count));
}

describe("processes", () => {
  it("reuses an idle process, one invocation at a time", async () => {
    const { run, host } = start();
    const first = (await run({ do: "pid" })) as { pid: number };
    const second = await run({ do: "pid" });
    expect(second).toEqual({ pid: first.pid, invocations: 2 });
    expect(host.pids()).toEqual([first.pid]);
    expect(host.stats()).toMatchObject({ invocations: 2, coldStarts: 1, errors: 0 });
  });

  it("runs concurrent invocations in separate processes, and reuses the one that finished last", async () => {
    const { run, host } = start({ maximumConcurrency: 2 });
    const [one, two] = (await Promise.all([run({ do: "pid" }), run({ do: "pid" })])) as { pid: number }[];
    expect(one?.pid).not.toBe(two?.pid);
    expect(host.pids()).toHaveLength(2);
    const third = (await run({ do: "pid" })) as { pid: number };
    const fourth = (await run({ do: "pid" })) as { pid: number };
    expect(fourth.pid).toBe(third.pid);
  });

  it("queues invocations beyond the concurrency limit, and runs them in order", async () => {
    const { run, host } = start({ maximumConcurrency: 1 });
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3, 4].map(async (value) => {
        order.push((await run({ do: "echo", value })) as number);
      }),
    );
    expect(order).toEqual([1, 2, 3, 4]);
    expect(host.stats().coldStarts).toBe(1);
  });

  it("counts invocations that wait for a process or run as in flight, also after the caller has given up", async () => {
    const started = start({ maximumConcurrency: 1 });
    const giveUp = new AbortController();
    const hung = started.run({ do: "hang" }, giveUp.signal).catch(() => {});
    await hanging(started);
    const waiting = started.run({ do: "echo", value: 1 });
    expect(started.host.stats().inFlight).toBe(2);
    giveUp.abort();
    await hung;
    expect(started.host.stats().inFlight).toBe(2);
    started.host.kill();
    await waiting;
    expect(started.host.stats().inFlight).toBe(0);
  });

  it("has Lambda's variables and none of the machine's credentials", async () => {
    vi.stubEnv("AWS_PROFILE", "production");
    vi.stubEnv("NODE_OPTIONS", "--no-warnings");
    try {
      const { run } = start({ env: { TOPIC: "news" }, memoryMb: 256 });
      expect(await run({ do: "env", name: "AWS_PROFILE" })).toBeNull();
      expect(await run({ do: "env", name: "NODE_OPTIONS" })).toBeNull();
      expect(await run({ do: "env", name: "_X_AMZN_TRACE_ID" })).toBeNull();
      expect(await run({ do: "env", name: "TOPIC" })).toBe("news");
      expect(await run({ do: "env", name: "AWS_SESSION_TOKEN" })).toMatch(/^test\/\d+$/);
      expect(await run({ do: "env", name: "AWS_LAMBDA_FUNCTION_NAME" })).toBe("test");
      expect(await run({ do: "env", name: "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" })).toBe("256");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("keeps the code that a process has compiled for the next ones, though it is killed in the end", async () => {
    const cache = await mkdtemp(join(tmpdir(), "compile-cache-"));
    onTestFinished(() => rm(cache, { recursive: true, force: true }));
    vi.stubEnv("NODE_COMPILE_CACHE", cache);
    onTestFinished(() => void vi.unstubAllEnvs());
    await start().run({ do: "pid" });
    await eventually(async () => {
      const entries = await readdir(cache, { recursive: true, withFileTypes: true });
      expect(entries.some((entry) => entry.isFile())).toBe(true);
    });
  });

  it("passes each line that a process prints to onLog", async () => {
    const { run, lines } = start();
    await run({ do: "log", lines: ["one", "two"] });
    await eventually(() => expect(lines.map(({ line }) => line)).toEqual(["one", "two"]));
    expect(lines[0]?.source).toMatchObject({ name: "test", stream: "stdout" });
  });
});

describe("the invocation", () => {
  it("passes JSON to the handler and back, and undefined as null", async () => {
    const { run } = start();
    const value = { text: "ä\u2028#", list: [1, null], nested: { yes: true } };
    expect(await run({ do: "echo", value })).toEqual(value);
    expect(await run({ do: "echo", value: undefined })).toBeNull();
  });

  it("passes Lambda's context to the handler", async () => {
    const { run } = start({ timeoutMs: 600_000, memoryMb: 256 });
    const context = (await run({ do: "context" })) as Record<string, unknown>;
    expect(context).toMatchObject({
      functionName: "test",
      functionVersion: "$LATEST",
      memoryLimitInMB: "256",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:test",
      logGroupName: "/aws/lambda/test",
      callbackWaitsForEmptyEventLoop: true,
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      logStreamName: expect.stringContaining("[$LATEST]"),
    });
    expect(context.remainingMs).toBeGreaterThan(0);
    expect(context.remainingMs).toBeLessThanOrEqual(600_000);
  });

  it("has nothing in flight after invocations that no process took", async () => {
    const { host } = start({ entry: fixture("missing.ts") });
    await failure(host.invoke({}));
    await expect(host.invoke({}, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(host.stats().inFlight).toBe(0);
  });

  it("rejects with the error of the handler, and keeps the process", async () => {
    const { run, host } = start();
    const error = await failure(run({ do: "throw", type: "RangeError", message: "too far" }));
    expect(error).toMatchObject({ code: "HANDLER_ERROR", errorType: "RangeError", errorMessage: "too far" });
    expect(error.remoteStack.join("\n")).toContain("handlers.ts");
    expect(await failure(run({ do: "throw-value", value: { odd: 1 } }))).toMatchObject({
      code: "HANDLER_ERROR",
      errorMessage: '{"odd":1}',
    });
    expect(await failure(run({ do: "circular" }))).toMatchObject({ errorType: "Runtime.MarshalError" });
    expect(host.stats()).toMatchObject({ errors: 3, coldStarts: 1, crashes: 0 });
  });

  it("counts durations, billed with INIT and rounded up", async () => {
    const { run, host } = start();
    await run({ do: "pid" });
    const { durationsMs } = host.stats();
    expect(durationsMs.total).toBeGreaterThan(0);
    expect(durationsMs.billed).toBeGreaterThan(durationsMs.total);
    expect(Number.isInteger(durationsMs.billed)).toBe(true);
  });
});

describe("a process that ends too early", () => {
  it("kills a process that exceeds the timeout, and replaces it", async () => {
    const { run, host } = start({ timeoutMs: 3_000 });
    const { pid } = (await run({ do: "pid" })) as { pid: number };
    const error = await failure(run({ do: "hang" }));
    expect(error).toMatchObject({ code: "TIMEOUT", errorMessage: "Task timed out after 3.00 seconds" });
    await processGone(pid);
    expect(await run({ do: "pid" })).toMatchObject({ invocations: 1 });
    expect(host.stats()).toMatchObject({ timeouts: 1, coldStarts: 2, crashes: 0 });
  });

  it("rejects the invocation of a process that exits, and replaces it", async () => {
    const { run, host } = start();
    expect(await failure(run({ do: "exit", code: 7 }))).toMatchObject({
      code: "CRASHED",
      errorMessage: "the process exited with code 7",
    });
    expect(await failure(run({ do: "reject-unhandled" }))).toMatchObject({ code: "CRASHED" });
    expect(await run({ do: "echo", value: 1 })).toBe(1);
    expect(host.stats()).toMatchObject({ crashes: 2, coldStarts: 3 });
  });

  it("rejects the invocation of a killed process, and then runs the waiting invocations", async () => {
    const started = start({ maximumConcurrency: 1 });
    const hung = failure(started.run({ do: "hang" }));
    const waiting = started.run({ do: "echo", value: "served" });
    await hanging(started);
    expect(started.host.kill({ state: "idle" })).toBe(0);
    expect(started.host.kill({ state: "busy", count: 1 })).toBe(1);
    expect(await hung).toMatchObject({ code: "CRASHED", errorMessage: "the process was ended by SIGKILL" });
    expect(await waiting).toBe("served");
  });

  it("does not invoke an idle process that has just been killed", async () => {
    const { run, host } = start();
    const { pid } = (await run({ do: "pid" })) as { pid: number };
    expect(host.kill()).toBe(1);
    const next = (await run({ do: "pid" })) as { pid: number };
    expect(next.pid).not.toBe(pid);
    expect(host.stats().crashes).toBe(0);
  });

  it("times out a frozen process, and completes one that is resumed in time", async () => {
    const started = start({ timeoutMs: 4_000 });
    await started.run({ do: "pid" });
    expect(started.host.freeze()).toBe(1);
    const frozen = started.run({ do: "echo", value: "late" });
    expect(started.host.resume()).toBe(1);
    expect(await frozen).toBe("late");
    started.host.freeze();
    expect(await failure(started.run({ do: "echo", value: 1 }))).toMatchObject({ code: "TIMEOUT" });
  });

  it.each([
    ["broken-module.ts", "TypeError", "cannot be loaded"],
    ["no-handler.ts", "Runtime.HandlerNotFound", 'exports no function "handler"'],
    ["missing.ts", "Error", "Cannot find module"],
  ])("rejects each invocation of a module that cannot be used: %s", async (file, errorType, message) => {
    const { run, host } = start({ entry: fixture(file) });
    for (const round of [1, 2]) {
      const error = await failure(run({ do: "pid" }));
      expect(error).toMatchObject({ code: "INIT_ERROR", errorType });
      expect(error.errorMessage).toContain(message);
      expect(host.stats()).toMatchObject({ errors: round, coldStarts: round });
    }
  });
});

describe("abort and stop", () => {
  it("does not run a waiting invocation after an abort, and only stops waiting for a running one", async () => {
    const started = start({ maximumConcurrency: 1 });
    const running = new AbortController();
    const queued = new AbortController();
    const hung = started.run({ do: "hang" }, running.signal);
    const waiting = started.run({ do: "pid" }, queued.signal);
    queued.abort(new Error("left"));
    await expect(waiting).rejects.toThrow("left");
    await hanging(started);
    running.abort(new Error("gone"));
    await expect(hung).rejects.toThrow("gone");
    expect(started.host.kill({ state: "busy" })).toBe(1);
  });

  it("ends every process on stop, and rejects running and waiting invocations", async () => {
    const started = start({ maximumConcurrency: 1 });
    const hung = failure(started.run({ do: "hang" }));
    const waiting = failure(started.run({ do: "pid" }));
    await hanging(started);
    const pids = started.host.pids();
    await started.host.stop();
    expect(await hung).toMatchObject({ code: "CRASHED" });
    expect(await waiting).toMatchObject({ code: "STOPPED" });
    expect(pids.filter(isRunning)).toEqual([]);
    expect(await failure(started.run({ do: "pid" }))).toMatchObject({ code: "STOPPED" });
  });

  it("rejects unknown and invalid options by name", () => {
    const create = (options: object): (() => FunctionHost) => {
      return () => createFunctionHost({ name: "f", entry: "x.ts", ...options });
    };
    expect(create({ timeout: 5 })).toThrow(/ has no option timeout; it has /);
    expect(create({ timeoutMs: "5" })).toThrow(/^timeoutMs must be a whole number .*got "5" \(string of 1\)/);
    expect(create({ env: { A: 1 } })).toThrow(/^env must be an object of strings/);
  });
});
