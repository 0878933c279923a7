/** A deployed stage or a local stack, as far as a command needs to know it. */
export interface Stack {
  kind: "local" | "aws";
  /** Where it was found, for people: a file, or "the flags". */
  foundIn: string;
  url?: string;
  table?: string;
  queue?: string;
  managementEndpoint?: string;
}

/** What a command may need to know of a stack. */
export const stackParts = ["url", "table", "queue"] as const;

export type StackPart = (typeof stackParts)[number];
