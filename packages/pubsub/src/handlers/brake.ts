import { createBoundedMap } from "../core/bounded-map.ts";
import { consumerId } from "../core/consumer.ts";
import type { HandlerPorts, SpendRequest } from "../core/ports.ts";
import type { Consumer } from "../core/types.ts";
import type { FrameRate } from "./frame-rate.ts";

/**
 * What a client's message costs without what it asks for, in millionths of a dollar: it and its response are metered by
 * API Gateway (2.0), and the rest is the invocation, some 30 ms of a function with 1 GB, and a line in the log.
 */
export const MESSAGE_PRICE = 3;

/** What it costs to ask the table about work: one write unit, or two. */
const ASKING_PRICE = 1.25;

/** Our own limits, as parts of what a connection may cost in an hour. */
const SHARES = {
  /** What it may cost at once: the 100 subscriptions of a client that comes back take a third of it. */
  burst: 1 / 20,
  /**
   * What its large messages may cost at once: they keep the function's environments busy, which others wait for. By default
   * that is 50, of which the dearest message takes 45.
   */
  work: 1 / 400,
  /** The debt at which it is disconnected: 200 messages by default, all of them refused. */
  debt: 1 / 50,
  /** What it may cost in one environment that has not told the table. */
  unsettled: 1 / 500,
} as const;

/** The share of its rate that a connection may use in one environment without any call: the heartbeats of a client. */
const FREE_SHARE = 0.05;

/** Our own limit: how many messages in a row one environment refuses before it disconnects the client. */
const REFUSALS_MAX = 250;

/** Our own limit: for how long one environment goes by the table's refusal of work. */
const WORK_REFUSED_MS = 1_000;

const CONNECTIONS_REMEMBERED = 10_000;
const MS_PER_HOUR = 3_600_000;
const PRICE_PER_DOLLAR = 1_000_000;

const ALL = { account: "all", burstMs: SHARES.burst * MS_PER_HOUR, mayOwe: true } as const;
const WORK = { account: "work", burstMs: SHARES.work * MS_PER_HOUR, mayOwe: false } as const;

export type Admission = "admitted" | "refused" | "ended";

/** Limits what one connection costs, over all environments of the function. It never rejects. */
export interface Brake {
  /** Charges a message, before it is handled. `ended`: the client goes on although it is refused; disconnect it. */
  admit(consumer: Consumer, price: number): Promise<Admission>;
  /** Charges what a message turned out to cost in addition. */
  charge(consumer: Consumer, price: number): Promise<void>;
  /**
   * Returns whether a message may cause work of this price now, beyond the little that each may, such as 40 lookups. If so,
   * it is counted; its price is charged with the message. It asks the table, because each environment that did not would
   * permit the same work again.
   */
  mayWork(consumer: Consumer, price: number): Promise<boolean>;
  /** Returns whether the table has just refused work of the connection: `mayWork` then says no without a call. */
  isOverworked(consumer: Consumer): boolean;
}

/** What this process knows of a connection. */
interface Account {
  /** What it has cost since the table was told last, without the free share. */
  unsettled: number;
  atMs: number;
  /** Above this, the table is told. 0 after the table said that the connection costs too much. */
  allowance: number;
  /** Until then the table's refusal of work holds. */
  noWorkUntilMs: number;
  refusals: number;
  ended: boolean;
}

/**
 * Creates a brake. A connection has an account in the table, which this process reads and writes, in one call, only when
 * the connection is busy: when it has cost more here than `SHARES.unsettled`. Such a call costs one write unit. A client
 * that only sends heartbeats with up to 40 topics causes none. A second account counts large messages, with a call for each.
 *
 * If the table does not respond, the message is admitted: a brake must not become an outage.
 */
export function createBrake(
  { spending, clock, observe }: Pick<HandlerPorts, "spending" | "clock" | "observe">,
  { maxDollarsPerHour, frameRate }: { maxDollarsPerHour: number; frameRate: FrameRate },
): Brake {
  const hour = maxDollarsPerHour * PRICE_PER_DOLLAR;
  const perMs = hour / MS_PER_HOUR;
  const accounts = createBoundedMap<Account>(CONNECTIONS_REMEMBERED);

  /** Lets time pass for an account, and makes it the newest. */
  function accountOf(consumer: Consumer): Account {
    const id = consumerId(consumer);
    const nowMs = clock.now();
    const known = accounts.get(id);
    const account = known ?? {
      unsettled: 0,
      atMs: nowMs,
      allowance: SHARES.unsettled * hour,
      noWorkUntilMs: 0,
      refusals: 0,
      ended: false,
    };
    const free = FREE_SHARE * perMs * Math.max(0, nowMs - account.atMs);
    account.unsettled = Math.max(0, account.unsettled - free);
    account.atMs = nowMs;
    accounts.set(id, account);
    return account;
  }

  /** Tells the table. Returns undefined if it could not be told. */
  async function settle(
    consumer: Consumer,
    price: number,
    options: Pick<SpendRequest, "account" | "burstMs" | "mayOwe">,
  ): Promise<{ spent: boolean; debtMs: number } | undefined> {
    const nowMs = clock.now();
    try {
      const { spent, spentUntilMs } = await spending.spend({
        consumer,
        costMs: price / perMs,
        nowMs,
        ...options,
      });
      return { spent, debtMs: Math.max(0, spentUntilMs - nowMs) };
    } catch (error) {
      observe({ event: "background-failure", stage: "brake", error });
      return undefined;
    }
  }

  /** Charges, and returns how far the connection is in debt, in milliseconds of its rate. */
  async function charge(consumer: Consumer, price: number): Promise<number> {
    const account = accountOf(consumer);
    account.unsettled += price;
    if (account.unsettled <= account.allowance) return 0;
    const owed = account.unsettled;
    account.unsettled = 0;
    const settled = await settle(consumer, owed, ALL);
    const debtMs = settled?.debtMs ?? 0;
    account.allowance = debtMs > 0 ? 0 : SHARES.unsettled * hour;
    return debtMs;
  }

  return {
    async admit(consumer, price) {
      const account = accountOf(consumer);
      if (account.ended) return "refused";
      const isInRate = frameRate(consumer);
      const debtMs = await charge(consumer, price);
      if (isInRate && debtMs === 0) {
        account.refusals = 0;
        return "admitted";
      }
      account.refusals += 1;
      const isTooMuch = debtMs > SHARES.debt * MS_PER_HOUR || account.refusals >= REFUSALS_MAX;
      account.ended = isTooMuch;
      return isTooMuch ? "ended" : "refused";
    },
    async charge(consumer, price) {
      await charge(consumer, price);
    },
    async mayWork(consumer, price) {
      const account = accountOf(consumer);
      if (clock.now() < account.noWorkUntilMs) return false;
      account.unsettled += ASKING_PRICE;
      const settled = await settle(consumer, price, WORK);
      const isRefused = settled !== undefined && !settled.spent;
      if (isRefused) account.noWorkUntilMs = clock.now() + WORK_REFUSED_MS;
      return !isRefused;
    },
    isOverworked: (consumer) => clock.now() < accountOf(consumer).noWorkUntilMs,
  };
}
