/** Runs Next.js in the example's folder, as its package.json does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { within } from "../../support/eventually.ts";
import { NEXT_EXAMPLE } from "../../support/next-example.ts";

const NEXT = `${NEXT_EXAMPLE}/node_modules/next/dist/bin/next`;
const BUILD_TIMEOUT_MS = 400_000;

export interface NextServer {
  url: string;
  stop(): Promise<void>;
}

/** Runs `next build`, and returns what it printed. */
export async function buildNext(env: Readonly<Record<string, string>>): Promise<string> {
  const child = runNext(["build"], env);
  const outputs = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const [stdout, stderr, [code]] = await within("end of next build", outputs, BUILD_TIMEOUT_MS);
  if (code !== 0) throw new Error(`next build ended with ${code}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Runs `next start` on a free port. */
export async function startNext(env: Readonly<Record<string, string>>): Promise<NextServer> {
  const child = runNext(["start", "--hostname", "127.0.0.1", "--port", "0"], env);
  const stderr = text(child.stderr);
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout });
  const url = new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      const [, found] = /Local:\s+(http:\S+)/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    ended.then(async () => reject(new Error(`next start ended: ${await stderr}`)), reject);
  });
  return {
    url: await within("address of next start", url),
    async stop() {
      child.kill("SIGTERM");
      await within("end of next start", ended);
    },
  };
}

function runNext(args: readonly string[], env: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [NEXT, ...args], {
    cwd: NEXT_EXAMPLE,
    env: { ...withoutVitest(), NEXT_TELEMETRY_DISABLED: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Next builds something else if NODE_ENV is vitest's. */
const withoutVitest = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_ENV|NODE_OPTIONS|VITEST)/.test(name)),
  ) as NodeJS.ProcessEnv;
