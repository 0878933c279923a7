import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PubsubLocalError } from "../errors.ts";
import { urlHost } from "../url-host.ts";
import { findEmulator } from "./find-emulator.ts";
import { findJava } from "./find-java.ts";
import { javaArguments, launchXml, startedPort } from "./launch-config.ts";

export interface DynamodbOptions {
  host?: string;
  /** Default: a free port. */
  port?: number | undefined;
  /** The only name that the Host header of a call may have. Default: `host` and the names of loopback. */
  onlyHost?: string | undefined;
  startTimeoutMs?: number;
  java?: string;
  onProgress?: ((message: string) => void) | undefined;
}

export interface DynamodbLocal {
  endpoint: string;
  port: number;
  pid: number;
  /** Resolves when the process has ended. It never rejects. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 2_000;
/** A JVM starts in two seconds, and on a machine with much other load in many more. Its end or its error is seen at once. */
const START_TIMEOUT_MS = 120_000;
const KEPT_ERROR_LINES = 20;

/** Starts AWS's DynamoDB Local in a JVM, in memory, on one address of this machine. */
export async function startDynamodb({
  host = "127.0.0.1",
  port = 0,
  onlyHost,
  startTimeoutMs = START_TIMEOUT_MS,
  java,
  onProgress,
}: DynamodbOptions = {}): Promise<DynamodbLocal> {
  const command = java ?? (await findJava({ onProgress }));
  const emulatorDir = await findEmulator({ onProgress });
  const configDir = await mkdtemp(join(tmpdir(), "pubsub-local-dynamodb-"));
  try {
    const xmlPath = join(configDir, "launch.xml");
    await writeFile(xmlPath, launchXml({ host, port, onlyHost }));
    return await launch(command, javaArguments(emulatorDir, xmlPath), host, startTimeoutMs);
  } finally {
    await rm(configDir, { recursive: true, force: true });
  }
}

async function launch(
  command: string,
  args: string[],
  host: string,
  startTimeoutMs: number,
): Promise<DynamodbLocal> {
  // The process is detached, so that a Ctrl-C in the terminal reaches only the parent, which stops it in order.
  const child = spawn(command, args, {
    stdio: ["pipe", "ignore", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
    env: { ...process.env, DDB_LOCAL_TELEMETRY: "0" },
  });
  child.stdin.on("error", () => {}); // EPIPE if the JVM has already ended
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(`exited with ${signal ?? `code ${code}`}`));
    child.once("error", (error) => resolve(`could not be run (${error.message})`));
  });

  async function stop(): Promise<void> {
    child.stdin.end();
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(kill);
  }

  const lastLines: string[] = [];
  const lines = createInterface({ input: child.stderr });
  const listening = new Promise<number>((resolve) => {
    lines.on("line", (line) => {
      const startedOn = startedPort(line);
      if (startedOn !== undefined) resolve(startedOn);
      const isStackFrame = line.startsWith("\tat ");
      if (!isStackFrame && lastLines.push(line) > KEPT_ERROR_LINES) lastLines.shift();
    });
  });
  const failedToStart = new Promise<string>((resolve) => {
    // A failed configuration does not end the JVM: threads of DynamoDB Local keep it alive.
    lines.on("line", (line) => {
      if (line.startsWith('Exception in thread "main"')) resolve(`failed (${line})`);
    });
  });
  const expired = new AbortController();
  const outcome = await Promise.race([
    listening,
    exited,
    failedToStart,
    once(AbortSignal.timeout(startTimeoutMs), "abort", { signal: expired.signal }).then(
      () => `did not start within ${startTimeoutMs} ms`,
      () => "",
    ),
  ]);
  expired.abort();
  if (typeof outcome === "number" && child.pid !== undefined) {
    return { endpoint: `http://${urlHost(host)}:${outcome}`, port: outcome, pid: child.pid, stop };
  }
  child.kill("SIGKILL");
  await stop();
  throw new PubsubLocalError(
    "DYNAMODB_START_FAILED",
    `DynamoDB Local (${command}) ${outcome}. Its last lines:\n${lastLines.join("\n")}`,
  );
}
