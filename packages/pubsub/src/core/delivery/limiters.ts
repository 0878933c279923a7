import type { Consumer } from "../types.ts";
import type { Limiter } from "./limiter.ts";

/** The limiter for posts to a consumer. */
export type LimiterOf = (consumer: Pick<Consumer, "domainName">) => Limiter;

/** A rate belongs to an account and Region: what one API's posts taught says nothing about another domain's. */
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
