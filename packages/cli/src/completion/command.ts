import { type Command, defineCommand } from "../command-line/define-command.ts";
import { SHELLS } from "./scripts.ts";

export const completionCommand: Command = defineCommand({
  name: "completion",
  summary: "print a shell's script that completes commands and options at Tab",
  description:
    "It works where the shell finds pubsub: after npm install --global, or with node_modules/.bin on the PATH.",
  arguments: { shell: { help: "the shell", choices: SHELLS } },
  options: {},
  examples: [
    ["completion bash >> ~/.bashrc", "bash"],
    ["completion zsh > ~/.zfunc/_pubsub", "zsh, where fpath has ~/.zfunc"],
    ["completion fish > ~/.config/fish/completions/pubsub.fish", "fish"],
  ],
  load: async () => (await import("./run.ts")).runCompletion,
});
