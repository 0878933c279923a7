/** The command line itself: arguments, exit codes and what is refused before anything is done. */
import { afterEach, describe, expect, it, vi } from "vitest";
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
    [["verifi"], 'pubsub has no command "verifi"; it has verify. Did you mean verify?'],
    [["verify", "--tabel", "x"], "Did you mean --table?"],
    [["verify", "--bogus"], "pubsub verify has no option --bogus; it has --local, --env, --url,"],
    [["verify", "extra"], 'pubsub verify takes only options; got "extra"'],
    [["verify", "--table"], "--table must be followed by NAME; got nothing"],
    [["verify", "--table", "--json"], '--table must be followed by NAME; got "--json"'],
    [["verify", "--json=1"], '--json takes no value; got "1"'],
    [
      ["verify", "--url", "https://x"],
      '--url must be a URL that begins with ws:// or wss://; got "https://x"',
    ],
    [["verify", "--index-rows", "0"], '--index-rows must be a whole number from 1 to 100000; got "0"'],
    [["verify", "--only", "delivery,nope"], '--only must name checks; "nope" is not among table-keys,'],
    [
      ["verify", ...DEPLOYED.slice(0, 4)],
      "a deployed stage needs --url, --table and --queue; --queue is missing",
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

  it("prints its commands, and with --help a command's options", async () => {
    expect(await runPubsub(["--help"])).toMatchObject({ code: 0, stderr: "" });
    const { code, stdout } = await runPubsub(["verify", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--management-endpoint URL");
  });
});

describe("pubsub verify", () => {
  it("says in one sentence that no local stack runs in the folder", async () => {
    const { code, stderr } = await runPubsub(["verify"]);
    expect(stderr).toMatch(/^no local stack runs in this folder: there is no \.local\/env\. .*\n$/);
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
