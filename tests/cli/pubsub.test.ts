/** The command line itself: arguments, exit codes and what is refused before anything is done. */
import { readFile } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type Command,
  type CommandGroup,
  isGroup,
} from "../../packages/cli/src/command-line/define-command.ts";
import { commands } from "../../packages/cli/src/commands.ts";
import { main } from "../../packages/cli/src/main.ts";
import { runPubsub } from "../support/verify.ts";

const DEPLOYED = [
  "--url",
  "wss://abc.execute-api.us-east-1.amazonaws.com/prod",
  "--table",
  "pubsub",
  "--queue",
  "https://sqs.us-east-1.amazonaws.com/123456789012/fanout",
];

afterEach(() => vi.restoreAllMocks());

describe("pubsub", () => {
  it.each([
    [["verifi"], "pubsub: unknown command 'verifi' (Did you mean verify?)\nSee pubsub --help."],
    [
      ["zzz"],
      "pubsub: unknown command 'zzz'; it has local, publish, tail, subscribers, members, status, dlq, disconnect,",
    ],
    [["verify", "--tabel", "x"], "pubsub verify: unknown option '--tabel' (Did you mean --table?)"],
    [
      ["verify", "--bogus"],
      "pubsub verify: unknown option '--bogus'; it has --local, --env, --outputs, --url,",
    ],
    [["verify", "extra"], "pubsub verify: too many arguments"],
    [["verify", "--table"], "pubsub verify: option '--table <NAME>' argument missing"],
    [["verify", "--table", "--json"], '--table must be followed by NAME; got "--json"'],
    [["verify", "--table="], "--table must be followed by NAME; got nothing"],
    [["verify", "--json=1"], "pubsub verify: unknown option '--json=1' (Did you mean --json?)"],
    [
      ["verify", "--url", "https://x"],
      '--url must be a URL that begins with ws:// or wss://; got "https://x"',
    ],
    [["verify", "--index-rows", "0"], '--index-rows must be a whole number from 1 to 100000; got "0"'],
    [["verify", "--only", "delivery,nope"], '--only must name checks; "nope" is not among table-keys,'],
    [
      ["verify", ...DEPLOYED.slice(0, 4)],
      "the queue of the stage is missing: give --queue or set PUBSUB_QUEUE_URL. --url and --table are there,",
    ],
    [["dlq"], "pubsub dlq must be followed by one of list, show, redrive\nSee pubsub dlq --help."],
    [["dlq", "purge"], "pubsub dlq: unknown command 'purge'; it has list, show, redrive"],
    [["dlq", "list", "--dry-run"], "pubsub dlq list: unknown option '--dry-run'"],
    [["dlq", "list", "x"], "pubsub dlq list: too many arguments"],
    [
      ["dlq", "redrive", "--dryrun"],
      "pubsub dlq redrive: unknown option '--dryrun' (Did you mean --dry-run?)",
    ],
    [
      ["dlq", "redrive", "--max", "1e3"],
      '--max must be a whole number from 1; got "1e3"\nSee pubsub dlq redrive --help.',
    ],
    [
      ["dlq", "list", "--code", "500"],
      '--code must be one of DELIVERY_ABANDONED, MAX_RECEIVES, TOO_MANY_HOPS, INVALID_MESSAGE; got "500"',
    ],
    [["dlq", "show"], "pubsub dlq show: missing required argument 'ID'"],
    [["publish"], "publish must be followed by TOPIC and DATA; got neither\nSee pubsub publish --help."],
    [["publish", "room-1"], 'publish must be followed by TOPIC and DATA; got "room-1"'],
    [["publish", "--to-user", "user-7"], "give DATA and no TOPIC; got none"],
    [
      ["publish", "--to-user", "user-7", "room-1", "x"],
      'give DATA and no TOPIC; got "room-1" and "x"\nSee pubsub publish --help.',
    ],
    [["members", "t", "--active-within", "7201"], "--active-within must be a whole number from 1 to 7200"],
    [["tail", "room-1", "--last", "1001"], '--last must be a whole number from 1 to 1000; got "1001"'],
    [["status", "room-1", "0"], 'OFFSET must be a whole number from 1; got "0"\nSee pubsub status --help.'],
    [
      ["local", "--gateway-prot", "1"],
      "pubsub local: unknown option '--gateway-prot' (Did you mean --gateway-port?)",
    ],
    [
      ["disconnect", "--yes"],
      "give either --user ID or --connection DOMAIN/STAGE/ID; got neither\nSee pubsub disconnect --help.",
    ],
    [
      ["disconnect", "--user", "a", "--connection", "a/b/c"],
      "give either --user ID or --connection DOMAIN/STAGE/ID; got both",
    ],
    [["disconnect", "--connection", "a/b"], '--connection must be DOMAIN/STAGE/ID; got "a/b"'],
    [
      ["disconnect", "--user", "a", "--topic", "t", "--reason", "r"],
      "--reason is for a connection that is closed",
    ],
    [["inspect", "--port", "0"], '--port must be a whole number from 1 to 65535; got "0"'],
    [["completion", "tcsh"], "Allowed choices are bash, zsh, fish."],
    [
      ["tail", "a", "--outputs", "x", "--local"],
      "--outputs names a deployed stage, so --local and --env cannot be given",
    ],
  ])("refuses %j with exit code 2", async (args, message) => {
    const printed = vi.spyOn(console, "log").mockReturnValue();
    const complained = vi.spyOn(console, "error").mockReturnValue();
    expect(await main(args)).toBe(2);
    expect(complained.mock.calls.join("\n")).toContain(message);
    expect(printed).not.toHaveBeenCalled();
  });

  it("exits with 2 when it refuses its arguments", async () => {
    expect(await runPubsub(["verify", "--bogus"])).toMatchObject({ code: 2, stdout: "" });
  });

  it("prints its commands, and with --help a command's options and examples", async () => {
    expect(await runPubsub(["--help"])).toMatchObject({ code: 0, stderr: "" });
    const { code, stdout } = await runPubsub(["verify", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--management-endpoint <URL>");
    expect(stdout).toMatch(/Examples:\n {2}pubsub verify /);
  });

  it("prints its commands and exits with 2 without arguments", async () => {
    expect(await runPubsub([])).toMatchObject({ code: 2, stdout: expect.stringContaining("Commands:") });
  });

  it("prints its version", async () => {
    const manifest = await readFile(new URL("../../packages/cli/package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    expect(await runPubsub(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("prints a help text in colours only if the environment forces them, for a pipe", async () => {
    const plain = await runPubsub(["tail", "--help"]);
    const forced = await runPubsub(["tail", "--help"], { FORCE_COLOR: "1" });
    const refused = await runPubsub(["tail", "--help"], { FORCE_COLOR: "1", NO_COLOR: "1" });
    expect(plain.stdout).not.toContain("\u001b");
    expect(forced.stdout).toContain("\u001b[1mUsage:");
    expect(refused.stdout).toBe(plain.stdout);
    expect(stripVTControlCharacters(forced.stdout)).toBe(plain.stdout);
  });

  it("has a page that names each command", async () => {
    const page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
    for (const { path } of leaves(commands)) expect(page).toContain(`| \`${path}`);
  });

  it("has examples that begin with the command, for each command", () => {
    for (const { path, command } of leaves(commands)) {
      expect(command.examples.length, path).toBeGreaterThan(0);
      for (const [line] of command.examples) expect(`pubsub ${line}`).toMatch(new RegExp(`^${path}\\b`));
    }
  });
});

describe("pubsub verify", () => {
  it("says in one sentence that no local stack runs in the folder", async () => {
    const { code, stderr } = await runPubsub(["verify", "--local"]);
    expect(stderr).toMatch(/^there is no \/.*\/\.local\/env: no local stack runs in this folder\. .*\n$/);
    expect(code).toBe(1);
  });

  it("refuses to spend more than 5 cents where there is no terminal to ask on", async () => {
    const { code, stdout, stderr } = await runPubsub([
      "verify",
      ...DEPLOYED,
      "--index-rows",
      "100000",
      "--json",
    ]);
    expect(stderr).toMatch(/^These checks cost about \$0\.\d\d on AWS; --yes agrees to that/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  it("lists its checks without a stack", async () => {
    const { code, stdout } = await runPubsub(["verify", "--list"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^table-keys +the keys of the table; expected: /);
  });
});

function leaves(
  all: readonly (Command | CommandGroup)[],
  parent: string = "pubsub",
): { path: string; command: Command }[] {
  return all.flatMap((command) => {
    const path = `${parent} ${command.name}`;
    return isGroup(command) ? leaves(command.commands, path) : [{ path, command }];
  });
}
