/** What is completed, and the scripts in the shells that this machine has. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { completions } from "../../packages/cli/src/command-line/complete.ts";
import { commands } from "../../packages/cli/src/commands.ts";
import { SCRIPTS, SHELLS } from "../../packages/cli/src/completion/scripts.ts";

const names = (...words: string[]): string[] =>
  completions(commands, words).map((line) => line.split("\t")[0] ?? "");

describe("completions()", () => {
  it.each<[string[], string[]]>([
    [["ver"], ["verify"]],
    [
      ["dlq", ""],
      ["list", "show", "redrive", "--help"],
    ],
    [["dlq", "re"], ["redrive"]],
    [["dlq", "redrive", "--d"], ["--dry-run"]],
    [
      ["dlq", "redrive", "--code", ""],
      ["DELIVERY_ABANDONED", "MAX_RECEIVES", "TOO_MANY_HOPS", "INVALID_MESSAGE"],
    ],
    [["dlq", "list", "--code", "MAX"], ["MAX_RECEIVES"]],
    [["dlq", "list", "--topic", ""], []],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["completion", "bash", ""], ["--help"]],
    [["verify", "--out", ""], [":files"]],
    [["local", "--websocket", "src/"], [":files"]],
    [["nothing", ""], []],
    [["dlq", "nothing", ""], []],
  ])("completes %j to %j", (words, expected) => {
    expect(names(...words)).toEqual(expected);
  });

  it("leaves out the options that are there, except those that may be repeated", () => {
    expect(names("publish", "t", "d", "--json", "--")).not.toContain("--json");
    expect(names("local", "--allow-host", "a", "--allow")).toEqual(["--allow-host", "--allow-origin"]);
  });

  it("describes each command", () => {
    expect(completions(commands, ["sta"])).toEqual(["status\tshow what happened to a publication"]);
  });
});

const program = fileURLToPath(new URL("../../packages/cli/src/bin.ts", import.meta.url));
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pubsub-completion-"));
  const command = join(folder, "pubsub");
  await writeFile(
    command,
    `#!/bin/sh\nexec '${process.execPath}' --conditions=pubsub-source '${program}' "$@"\n`,
  );
  await chmod(command, 0o755);
  await writeFile(join(folder, "a file.json"), "");
  env = { PATH: [folder, process.env.PATH].join(delimiter), HOME: folder };
  for (const shell of SHELLS) await writeFile(join(folder, `completion.${shell}`), SCRIPTS[shell]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Returns the candidates that a shell offers after this line. */
const offered = {
  bash: (line: string): string[] =>
    lines("bash", [
      "--norc",
      "-c",
      `source completion.bash
COMP_WORDS=(${line}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
compopt() { :; }
_pubsub
printf '%s\\n' "\${COMPREPLY[@]}"`,
    ]),
  // Without a line editor, zsh has no list to read: the functions that would show it print it
  zsh: (line: string): string[] =>
    lines("zsh", [
      "-f",
      "-c",
      `compdef() { :; }
source ./completion.zsh
_describe() { printf '%s\\n' "\${(@)\${(@P)2}%%:*}"; }
_files() { printf '%s\\n' *; }
words=(${line}); CURRENT=$#words
_pubsub`,
    ]),
  fish: (line: string): string[] =>
    lines("fish", [
      "--no-config",
      "-c",
      `source completion.fish; complete -C ${JSON.stringify(line.replaceAll("''", ""))} | string split -f1 \\t`,
    ]),
} satisfies Record<(typeof SHELLS)[number], (line: string) => string[]>;

function lines(shell: string, args: readonly string[]): string[] {
  const printed = execFileSync(shell, args, { cwd: folder, env, encoding: "utf8" });
  return printed.split("\n").filter((line) => line !== "");
}

const present = SHELLS.filter((shell) => spawnSync(shell, ["--version"]).status === 0);

describe.each(present)("the script for %s", (shell) => {
  it("completes commands, options, choices and files", () => {
    expect(offered[shell]("pubsub ver")).toEqual(["verify"]);
    expect(offered[shell]("pubsub dlq re")).toEqual(["redrive"]);
    expect(offered[shell]("pubsub dlq redrive --dr")).toEqual(["--dry-run"]);
    expect(offered[shell]("pubsub completion ''").sort()).toEqual(["bash", "fish", "zsh"]);
    expect(offered[shell]("pubsub verify --out ''")).toContain("a file.json");
  });
});

it("finds a shell to test, and prints for each shell what was tested", () => {
  expect(present).toContain("bash");
  for (const shell of SHELLS) {
    const printed = spawnSync(join(folder, "pubsub"), ["completion", shell], { encoding: "utf8" });
    expect(printed).toMatchObject({ status: 0, stdout: `${SCRIPTS[shell]}\n` });
  }
});
