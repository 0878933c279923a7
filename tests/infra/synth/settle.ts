import { writeFileSync } from "node:fs";

/** What a program in a separate process returned, or why it failed. */
export type Outcome<Value> = { value: Value } | { error: string };

/**
 * Writes what `program` returns or throws to the file, and ends this process at once. A normal exit can deadlock in Node
 * while its threads still compile a bundle as large as these: https://github.com/nodejs/node/issues/54918
 */
export async function settle<Value>(program: () => Value | Promise<Value>, file: string): Promise<void> {
  const outcome: Outcome<Value> = await new Promise<Value>((resolve) => resolve(program())).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? String(error.stack) : String(error) }),
  );
  writeFileSync(file, JSON.stringify(outcome));
  process.kill(process.pid, "SIGKILL");
}
