import { existsSync, readFileSync } from "node:fs";

interface CheckResult {
  id: string;
  what: string;
  expected: string;
  holds: boolean | null;
  saw: string;
}

interface Result {
  target: string;
  region: string;
  at: string;
  passed: number;
  failed: number;
  skipped: number;
  checks: CheckResult[];
}

/** The last result of each kind of target. */
export interface Results {
  local: Result;
  /** Undefined until a deployed stage was checked. */
  aws: Result | undefined;
}

/** Reads `local.json` and `aws.json` of a folder. Throws if a file has the result of the other kind of target. */
export function readResults(folder: string): Results {
  const local = readResult(`${folder}local.json`);
  if (local?.target !== "local") throw new Error(`${folder}local.json must be a result of the local stack`);
  const aws = readResult(`${folder}aws.json`);
  if (aws?.target === "local")
    throw new Error(`${folder}aws.json must be a result of a deployed stage; got the local stack`);
  return { local, aws };
}

function readResult(file: string): Result | undefined {
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { verify: Result }).verify;
}

export function verifiedPage({ local, aws }: Results): string {
  return `# Verified

What \`pubsub verify\` saw, check by check. \`npm run verified\` writes this page from the results in
[docs/verified](verified): do not edit it. [Operations](operations.md#verify-a-deployment) says how to run the checks on a
stage of your own.

${sentence("The local stack", local)}
${aws ? sentence("AWS", aws) : "On AWS nothing was checked: no stage has been deployed. What the local stack shows there is **not yet** verified."}

${table(["check", "what", "expected", "local stack", "AWS"], rows(local, aws))}
`;
}

const sentence = (name: string, { at, passed, failed, skipped, region }: Result): string =>
  `${name} was checked on ${at.slice(0, 10)} (${region}): ${passed} passed, ${failed} failed, ${skipped} skipped.`;

function rows(local: Result, aws: Result | undefined): string[][] {
  return local.checks.map((check) => {
    const onAws = aws?.checks.find(({ id }) => id === check.id);
    return [
      `\`${check.id}\``,
      escaped(check.what),
      escaped(check.expected),
      outcome(check),
      onAws ? outcome(onAws) : "not yet",
    ];
  });
}

const outcome = ({ holds, saw }: CheckResult): string =>
  `${holds === null ? "skipped" : holds ? "holds" : "**failed**"}: ${escaped(saw)}`;

function table(head: readonly string[], body: readonly string[][]): string {
  const cells = [head, ...body];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** Text of a server must not end a cell or begin markup. */
const escaped = (text: string): string => text.replace(/[|*_<>[\]\\]/g, "\\$&");
