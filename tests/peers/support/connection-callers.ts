/** AWS's own clients in Python, as callers of the @connections API: the CLI and boto3. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Credentials } from "../../../packages/local/src/credentials.ts";
import { findPrograms } from "./find-program.ts";

export interface ConnectionCall {
  operation: "post-to-connection" | "get-connection" | "delete-connection";
  endpoint: string;
  connectionId: string;
  data?: string;
  credentials: Credentials;
}

/** What the client made of the response: its output, or the error's code as the client read it. */
export type Called = { output: Record<string, unknown> } | { error: string; hasOwnClass?: boolean };

export interface ConnectionCaller {
  call(call: ConnectionCall): Promise<Called>;
}

export type FindCaller = () => Promise<ConnectionCaller | { missing: string }>;

interface Finished {
  failed: boolean;
  stdout: string;
  stderr: string;
}

export async function findAwsCli(): Promise<ConnectionCaller | { missing: string }> {
  for (const program of findPrograms("aws")) {
    const { failed } = await run(program, ["--version"]);
    if (!failed) return { call: (call) => callByCli(program, call) };
  }
  return { missing: "No AWS CLI: Install it (Debian: apt-get install awscli)" };
}

export async function findBoto3(): Promise<ConnectionCaller | { missing: string }> {
  for (const python of findPrograms("python3")) {
    const { failed } = await run(python, ["-c", "import boto3"]);
    if (!failed) return { call: (call) => callByBoto3(python, call) };
  }
  return { missing: "No boto3: Install it (Debian: apt-get install python3-boto3)" };
}

async function callByCli(program: string, call: ConnectionCall): Promise<Called> {
  const folder = await mkdtemp(join(tmpdir(), "pubsub-aws-cli-"));
  try {
    const file = join(folder, "data");
    await writeFile(file, call.data ?? "");
    const data = call.data === undefined ? [] : ["--data", `fileb://${file}`];
    const target = ["--endpoint-url", call.endpoint, `--connection-id=${call.connectionId}`];
    const args = ["apigatewaymanagementapi", call.operation, "--output", "json", ...target, ...data];
    return readCli(await run(program, args, call));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readCli({ failed, stdout, stderr }: Finished): Called {
  if (!failed) return { output: stdout.trim() === "" ? {} : JSON.parse(stdout) };
  const [, error] = /An error occurred \((\w+)\)/.exec(stderr) ?? [];
  if (error === undefined) throw new Error(`the AWS CLI failed: ${stderr}`);
  return { error };
}

async function callByBoto3(python: string, call: ConnectionCall): Promise<Called> {
  const script = fileURLToPath(new URL("./connections.py", import.meta.url));
  const { failed, stdout, stderr } = await run(python, [script], call);
  if (failed) throw new Error(`boto3 failed: ${stderr}`);
  const { status, ...called } = JSON.parse(stdout) as Called & { status: number };
  return called;
}

function run(program: string, args: readonly string[], call?: ConnectionCall): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env: environment(call) }, (error, stdout, stderr) => {
      resolve({ failed: error !== null, stdout, stderr });
    });
    child.stdin?.on("error", () => undefined); // The CLI does not read it
    child.stdin?.end(JSON.stringify(call ?? null));
  });
}

/** The machine's own AWS settings and proxies must not change a call. One attempt shows the first response. */
function environment(call?: ConnectionCall): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^AWS_|_proxy$/i.test(name));
  return {
    ...Object.fromEntries(own),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
    AWS_MAX_ATTEMPTS: "1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: call?.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: call?.credentials.secretAccessKey,
  };
}
