import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RedriveResult } from "lambda-websocket-pubsub";
import { onTestFinished } from "vitest";
import { bareEnv } from "./bare-env.ts";
import { within } from "./eventually.ts";

/** A redrive in its own process, with the environment of a stack. */
export interface Redriver {
  /** Resolves when the redrive pauses, to the receipts of the letters that it has sent and will remove next. */
  sent: Promise<string[]>;
  goOn(): void;
  result: Promise<RedriveResult>;
  kill(): Promise<void>;
}

/**
 * Starts a redrive that pauses before its removal number `pauseAt`, counted from 0. With `holdSeconds` 0 it hides no
 * letter from others, like a redrive that is too slow for its hold.
 */
export function startRedriver(
  env: Record<string, string>,
  { pauseAt, holdSeconds }: { pauseAt: number; holdSeconds?: number },
): Redriver {
  const hold = holdSeconds === undefined ? {} : { HOLD_SECONDS: String(holdSeconds) };
  const child = fork(fileURLToPath(new URL("./redriver.ts", import.meta.url)), {
    execArgv: ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning"],
    env: { ...bareEnv(), ...env, ...hold, PAUSE_AT: String(pauseAt) },
  });
  const exit = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = <Name extends "sent" | "result">(name: Name): Promise<Said[Name]> =>
    new Promise((resolve, reject) => {
      child.on("message", (message: Said) => name in message && resolve(message[name]));
      exit.then(() => reject(new Error(`the redrive ended without its ${name}`)), reject);
    });
  const [sent, result] = [said("sent"), said("result")];
  // A test may await only one of them
  for (const unasked of [sent, result]) unasked.catch(() => {});
  return {
    sent: within("pause of the redrive", sent),
    goOn: () => void child.send("go on"),
    get result() {
      return within("end of the redrive", result);
    },
    async kill() {
      child.kill("SIGKILL");
      await within("death of the redrive", exit);
    },
  };
}

interface Said {
  sent: string[];
  result: RedriveResult;
}
