/** docs/cli.md promises them. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  usage: 2,
  /** 128 + SIGINT, as in shells: the command was interrupted before it was done. */
  interrupted: 130,
} as const;
