/** A user who is in a topic, with all connections: two tabs of one user are one member. */
export interface Member<Info = unknown> {
  userId: string;
  /** What the server's `authorize` says about the user, or what the user's own client said. */
  info?: Info;
}

/** The users who are in a topic. */
export interface Members<Info = unknown> {
  /** How many users. */
  count: number;
  /** Undefined above 200 users, or if the list is larger than 24 KB. */
  list?: readonly Member<Info>[] | undefined;
}

/** The users who are in a topic, and what is different from the list before. The differences are empty without two lists. */
export interface MembersChange<Info = unknown> extends Members<Info> {
  joined: readonly Member<Info>[];
  left: readonly Member<Info>[];
  /** Those whose `info` has changed. */
  updated: readonly Member<Info>[];
}

export interface PresenceOptions {
  /**
   * What the other members see of this user: a JSON value of at most 1,024 bytes. If the server's `authorize` returns
   * an `info`, that one counts.
   */
  info?: unknown;
}

export type OnMembers<Info = unknown> = (change: MembersChange<Info>) => void;
