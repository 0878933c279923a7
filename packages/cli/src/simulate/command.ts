import { type Command, defineCommand } from "../command-line/define-command.ts";
import { simulateOptions } from "./options.ts";

export const simulateCommand: Command = defineCommand({
  name: "simulate",
  summary: "simulate a fan-out on a model of AWS: its time, cost, and the limits that bind",
  description:
    "It publishes to one topic and fans out with the library's own code, over a model of AWS: its limits, latencies and " +
    "prices. Nothing is sent. It exits with 1 if a subscriber did not get every event.",
  arguments: {},
  options: simulateOptions,
  examples: [
    ["simulate --subscribers 1000000", "how long it takes, what it costs, what binds"],
    [
      "simulate --subscribers 1000000 --account-rate 50000 --workers 20 --svg posts.svg",
      "with another quota, drawn",
    ],
    ["simulate --subscribers 10000 --publications 100 --rate 5 --failures 0.01 --json", "for a script"],
  ],
  load: async () => (await import("./run.ts")).runSimulate,
});
