/** A command of `pubsub`. Its module is loaded only when the command runs. */
export interface Command {
  summary: string;
  /** Runs the command with the arguments after its name. Resolves to the exit code. Throws `UsageError`. */
  load(): Promise<(args: readonly string[]) => Promise<number>>;
}

/** All commands by name. A new command is a folder with its `run…Command`, and one entry here. */
export const commands: Readonly<Record<string, Command>> = {
  verify: {
    summary: "check a deployed stage, or the local stack, against what the library relies on",
    load: async () => (await import("./verify/command.ts")).runVerifyCommand,
  },
};
