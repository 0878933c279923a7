import { NAME_LENGTH_MAX } from "./message.ts";
import type { Store } from "./outbox.ts";

/** The name under which the user is in the room and writes. All tabs of a browser share it. */
export interface User {
  subscribe(onChange: () => void): () => void;
  /** Empty until the user gave one. */
  getName(): string;
  setName(name: string): void;
  /** Whether this page is, or was under an earlier name, this user. */
  is(userId: string): boolean;
}

/** What the others see of a user. */
export interface Person {
  name: string;
}

const KEY = "chat:name";

/** A name in the page's address wins over the one of an earlier visit. */
export function createUser(storage: Store, address: string | null): User {
  const listeners = new Set<() => void>();
  let name = clean(address ?? "") || clean(storage.getItem(KEY) ?? "");
  const userIds = new Set([userIdOf(name)]);
  return {
    is: (userId) => userIds.has(userId),
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    getName: () => name,
    setName(given) {
      name = clean(given);
      userIds.add(userIdOf(name));
      storage.setItem(KEY, name);
      for (const listener of listeners) listener();
    },
  };
}

/** Page and server call it, so that "Ada" and "ada " are one user. */
export const userIdOf = (name: string): string => name.trim().toLowerCase();

/** Reads the name of any member: another page may have joined with other information. */
export function nameOf({ userId, info }: { userId: string; info?: unknown }): string {
  const { name } = typeof info === "object" && info !== null ? (info as Partial<Person>) : {};
  return clean(typeof name === "string" ? name : "") || userId;
}

const clean = (name: string): string => name.trim().slice(0, NAME_LENGTH_MAX);
