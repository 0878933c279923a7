import type { Command, CommandGroup } from "./command-line/define-command.ts";
import { completionCommand } from "./completion/command.ts";
import { disconnectCommand } from "./disconnect/command.ts";
import { dlqCommands } from "./dlq/commands.ts";
import { inspectCommand } from "./inspect/command.ts";
import { localCommand } from "./local/command.ts";
import { membersCommand } from "./members/command.ts";
import { publishCommand } from "./publish/command.ts";
import { simulateCommand } from "./simulate/command.ts";
import { statusCommand } from "./status/command.ts";
import { subscribersCommand } from "./subscribers/command.ts";
import { tailCommand } from "./tail/command.ts";
import { verifyCommand } from "./verify/command.ts";

/**
 * All commands, in the order of the help text. A command is a folder: its `command.ts` says what it takes, and loads what
 * runs it when it runs.
 */
export const commands: readonly (Command | CommandGroup)[] = [
  localCommand,
  publishCommand,
  tailCommand,
  subscribersCommand,
  membersCommand,
  statusCommand,
  dlqCommands,
  disconnectCommand,
  inspectCommand,
  verifyCommand,
  simulateCommand,
  completionCommand,
];
