import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { functionEnv } from "../../../packages/local/src/local-env.ts";
import { workerEnv } from "../../../packages/local/src/workers/worker-env.ts";

export interface InitTimes {
  /** From just before the import to the handler being there. */
  initMs: number;
  /** CPU time of the same, of all threads. */
  cpuMs: number;
}

export interface ColdStart extends InitTimes {
  /** From starting the process to its end. */
  processMs: number;
}

const START_TIMEOUT_MS = 30_000;

/** Nothing is called while a function initialises, so nothing needs to be there. */
const env = workerEnv({
  functionName: "cold-start",
  memoryMb: 1_024,
  env: functionEnv({
    region: "us-east-1",
    dynamodbEndpoint: "http://dynamodb.invalid",
    dynamodbTableName: "cold-start",
    sqsEndpoint: "http://sqs.invalid",
    fanoutQueueUrl: "http://sqs.invalid/000000000000/cold-start",
    websocketUrl: "ws://gateway.invalid",
    managementEndpoint: "http://gateway.invalid",
  }),
});

/** Loads a bundle once, in a process of its own. */
export async function startCold(probePath: string, bundlePath: string): Promise<ColdStart> {
  const beganMs = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [probePath, bundlePath], {
    env,
    timeout: START_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  return { ...(JSON.parse(stdout) as InitTimes), processMs: performance.now() - beganMs };
}
