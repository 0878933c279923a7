import { runLocalCommand } from "lambda-websocket-pubsub-local/command";

/** The local stack has a command of its own, which checks the values: this gives it the same arguments. */
export async function runLocal(_: object, options: Readonly<Record<string, unknown>>): Promise<number> {
  const args = Object.entries(options).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    return [value].flat().map((each) => `--${name}=${String(each)}`);
  });
  return runLocalCommand(args);
}
