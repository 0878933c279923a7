/** By what the client finds the topic of its own user. Only the server knows the name. No other topic has an empty name. */
export const USER_KEY = "";

/** Returns by what the client finds a topic that the server names. */
export const keyOf = (name: string): string => (name.startsWith("$user/") ? USER_KEY : name);
