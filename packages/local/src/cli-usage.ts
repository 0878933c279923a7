import { type LocalCommandOption, localOptions } from "./cli-options.ts";
import { runsFromSource } from "./module-paths.ts";

const WIDTH = 120;

export const usage: string = [
  `Usage: ${runsFromSource ? "npm start --" : "npx lambda-websocket-pubsub-local"} [options]`,
  "",
  "Starts the WebSocket gateway, DynamoDB Local, SQS and the functions on this machine.",
  "",
  ...optionLines(localOptions),
].join("\n");

function optionLines(options: Readonly<Record<string, LocalCommandOption>>): string[] {
  const entries = Object.entries(options).map(([name, { value, help }]): [string, string] => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ]);
  const all: [string, string][] = [...entries, ["-h, --help", "this text"]];
  const width = Math.max(...all.map(([flags]) => flags.length));
  return all.flatMap(([flags, help]) =>
    wrapped(help, WIDTH - width - 4).map(
      (line, index) => `  ${(index === 0 ? flags : "").padEnd(width)}  ${line}`,
    ),
  );
}

/** Breaks a text between words into lines of at most this many characters. */
function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
