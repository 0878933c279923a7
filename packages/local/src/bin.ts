#!/usr/bin/env node
import { runLocalCommand } from "./command.ts";

process.exitCode = await runLocalCommand(process.argv.slice(2));
