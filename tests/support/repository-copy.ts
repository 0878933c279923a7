import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { within } from "./eventually.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PARTS = ["package.json", "node_modules", "packages", "functions", "demo", "examples"];

/** Creates a folder that links to this repository. A command that writes there does not overwrite the real `.local`. */
export async function linkedRepository(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "pubsub-repository-"));
  await Promise.all(PARTS.map((part) => symlink(join(ROOT, part), join(dir, part))));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export interface Running {
  child: ChildProcess;
  stdout: NodeJS.ReadableStream;
  /** Resolves to the exit code and the output when the command ends. */
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Interrupts the whole process group, as Ctrl-C in a terminal does. */
  interrupt(): void;
}

/** Runs a command in its own process group, which ends when the test ends, or earlier. */
export function run(dir: string, command: string, ...args: string[]): Running {
  const child = spawn(command, args, { cwd: dir, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const { pid, stdout, stderr } = child;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // The process group has already ended
    }
  };
  onTestFinished(() => signalGroup("SIGKILL"));
  const outputs = Promise.all([text(stdout), text(stderr), once(child, "close")]);
  const ended = outputs.then(([out, err, [code]]) => ({
    code: code as number | null,
    stdout: out,
    stderr: err,
  }));
  return { child, stdout, ended, interrupt: () => signalGroup("SIGINT") };
}

/** Resolves to the command's exit code and all of its output. */
export function outcome(running: Running): Running["ended"] {
  return within("end of the command", running.ended);
}

/** Returns a process and all of its descendants. */
export async function familyOf(pid: number): Promise<{ pid: number; command: string }[]> {
  const all = await processes();
  const family = all.filter((each) => each.pid === pid);
  for (const { pid: parent } of family) family.push(...all.filter((each) => each.ppid === parent));
  return family;
}

/** Returns the processes that still run. A zombie counts as ended. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const all = await processes();
  return all.filter(({ pid, state }) => pids.includes(pid) && !state.startsWith("Z")).map(({ pid }) => pid);
}

interface Process {
  pid: number;
  ppid: number;
  state: string;
  command: string;
}

async function processes(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,state=,args="]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [, pid, ppid, state = "", command = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return { pid: Number(pid), ppid: Number(ppid), state, command };
    });
}
