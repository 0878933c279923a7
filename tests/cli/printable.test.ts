/** A topic id or an error's message could move the cursor, colour the terminal or reverse the text after it. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { DeadLetter } from "lambda-websocket-pubsub";
import { afterEach, describe, expect, it, vi } from "vitest";
import { describeLine } from "../../demo/life-lines.ts";
import { letterLines, listLine } from "../../packages/cli/src/dlq/letter-text.ts";
import * as ofCli from "../../packages/cli/src/printable.ts";
import { resultLines } from "../../packages/cli/src/verify/print.ts";
import * as ofLocal from "../../packages/local/src/printable.ts";
import { logToStandardError } from "../../packages/local/src/shown-log.ts";

/** Each has a way to harm: it clears the screen, sets the title, ends the line, reverses or hides text. */
const HOSTILE = [
  "\u001b[2J",
  "\u009b2J",
  "\u001b]0;title\u0007",
  "\u009d0;title\u009c",
  "\r\n",
  "\b\u007f",
  "\u0000",
  "\u0085",
  "\u202e",
  "\u202a\u202b\u202c\u202d",
  "\u2066\u2067\u2068\u2069",
  "\u061c\u200e\u200f",
  "\u2028\u2029",
  "\u200b\u00ad\ufeff".replace("\u200b", "\u2060"),
  "\u{e0041}",
  "\ud800",
];
const ALL = HOSTILE.join("x");

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\u{e0041}\ud800-\udfff]/u;

describe.each([
  ["cli", ofCli],
  ["local", ofLocal],
])("printable of packages/%s", (_, { printable, printableJson, printableLines }) => {
  it.each(HOSTILE)("replaces each character of %j by an escape", (text) => {
    expect(printable(text)).not.toMatch(UNSAFE);
    expect(JSON.parse(`"${printable(`a${text}b`).replaceAll('"', '\\"')}"`)).toBe(`a${text}b`);
  });

  it("keeps every other text, also emoji that are joined, and scripts from right to left", () => {
    const text = 'Zürich 東京 עברית فارسی‌ها 👩‍👩‍👧 \\u001b "quoted"';
    expect(printable(text)).toBe(text);
  });

  it("keeps the ends of lines only where the text has several", () => {
    expect(printable("a\nb")).toBe("a\\u000ab");
    expect(printableLines("a\nb\u001b")).toBe("a\nb\\u001b");
  });

  it("writes JSON that is the same value and has none of them", () => {
    const value = { [ALL]: [ALL, 1, null] };
    expect(printableJson(value)).not.toMatch(UNSAFE);
    expect(JSON.parse(printableJson(value))).toEqual(value);
  });
});

describe("the output has no such character where it shows text from outside:", () => {
  afterEach(() => void vi.restoreAllMocks());

  const letter = {
    id: ALL,
    code: ALL,
    reason: ALL,
    attempts: 1,
    sentAt: 0,
    receiveCount: 1,
    malformed: false,
    topicId: ALL,
    epoch: "0m1c2d3e4",
    offsets: [1],
    consumers: [{ domainName: ALL, stage: ALL, connectionId: ALL }],
  } as unknown as DeadLetter;

  it("a dead letter in the list, and in full", () => {
    expect(listLine(letter)).not.toMatch(UNSAFE);
    const event = { topicId: ALL, epoch: "e", offset: 1, publicationId: ALL, publishedAt: 0, data: ALL };
    for (const line of letterLines(letter, [event])) expect(line).not.toMatch(UNSAFE);
  });

  it("what `pubsub verify` saw", () => {
    // Whoever runs the tests may force colours
    vi.stubEnv("FORCE_COLOR", undefined);
    const result = { id: "x", what: "y", expected: "z", saw: ALL, usage: {}, ms: 1 };
    for (const holds of [true, false, null]) {
      for (const line of resultLines({ ...result, holds } as Parameters<typeof resultLines>[0])) {
        expect(line).not.toMatch(UNSAFE);
      }
    }
  });

  it("the log of the local stack, which keeps its tabs", () => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
    const line = JSON.stringify({ level: "WARN", topicId: ALL });
    logToStandardError(line, { kind: "function", name: "fanout", pid: 1, stream: "stdout" });
    logToStandardError(`at\t${ALL}`, { kind: "stack", name: "gateway", level: "error" });
    expect(lines).toHaveLength(2);
    expect(lines.join("").replace("\t", "")).not.toMatch(UNSAFE);
    expect(JSON.parse(lines[0]?.replace("[fanout 1] ", "") ?? "")).toMatchObject({ topicId: ALL });
    expect(lines[1]).toContain("at\t");
  });

  it("a line of the demo", () => {
    const line = { timestamp: "t", message: ALL, publicationId: "p", unit: ALL, function_name: ALL };
    expect(describeLine(line as Parameters<typeof describeLine>[0])).not.toMatch(UNSAFE);
  });

  it.each([
    ["packages/cli/src/bin.ts", ["\u001b[2J\u202e"]],
    ["packages/cli/src/bin.ts", ["verify", "--\u001b[2J\u202e"]],
    ["packages/local/src/bin.ts", ["--\u009b2J\u202e"]],
    ["packages/cli/src/bin.ts", ["dlq", "\u001b[2J\u202e"]],
    ["packages/cli/src/bin.ts", ["publish", "t", "d", "--queue", "\u001b[2J\u202e"]],
    ["demo/main.ts", ["--\u001b[2J\u202e"]],
  ])("what %s says about the arguments %j", (script, args) => {
    const program = fileURLToPath(new URL(`../../${script}`, import.meta.url));
    const { stderr, status } = spawnSync(process.execPath, ["--conditions=pubsub-source", program, ...args], {
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/u202e/);
    expect(stderr.replaceAll("\n", "")).not.toMatch(UNSAFE);
  });
});
