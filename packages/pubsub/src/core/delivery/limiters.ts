import type { Consumer } from "../types.ts";
import type { Limiter } from "./limiter.ts";

/** Returns the limiter for posts to a consumer. */
export type LimiterOf = (consumer: Pick<Consumer, "domainName">) => Limiter;

/** Creates one limiter for each domain, because a rate belongs to an account and Region. */
export function createLimiters(create: () => Limiter): LimiterOf {
  const limiters = new Map<string, Limiter>();
  return ({ domainName }) => {
    const known = limiters.get(domainName);
    if (known) return known;
    const limiter = create();
    limiters.set(domainName, limiter);
    return limiter;
  };
}
