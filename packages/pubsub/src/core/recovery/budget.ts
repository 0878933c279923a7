/** Prices are in millionths of a dollar: the price of one client message is what a million of them cost in dollars. */

/**
 * The price of a read unit of DynamoDB on demand.
 * https://aws.amazon.com/dynamodb/pricing/on-demand/
 */
const READ_UNIT_PRICE = 0.125;

/**
 * The price of a post of up to 32 KB: $1 for a million metered messages, and about 11 ms of a function with 1 GB that
 * waits for the response. https://aws.amazon.com/api-gateway/pricing/ and https://aws.amazon.com/lambda/pricing/
 */
export const POST_PRICE = 1.15;

/** DynamoDB bills 4 KB as a unit if the read is strongly consistent, and otherwise 8 KB. */
const UNIT_BYTES = 4_096;

/**
 * Our own limit: what the reads and posts for one client message may cost. With the message itself, its response and its
 * writes, a million of the most expensive messages stay below $60.
 */
const RECOVERY_PRICE_MAX = 44;

/** Our own limit: how many events one client message can cause to be replayed. */
export const RECOVERY_EVENTS_MAX = 1_000;

/**
 * Our own limits: what one client message can have looked up and replayed before the connection's brake is asked, and how
 * much it is asked for at least. So a message with a small replay does not ask, and one with a hundred asks a few times.
 */
const FREE_PRICE = 5;
const ASKED_PRICE_MIN = 15;

/** What the recovery for one client message may still read and post. */
export interface ReplayBudget {
  /** How many events can still be replayed. */
  events: number;
  /** What can still be spent. 0 after the deadline. */
  left(): number;
  spent(): number;
  spend(price: number): void;
  /**
   * Sets the most that a call can cost aside. It waits for calls that are under way, because they may give something
   * back. Returns a function that takes what the call did cost, or undefined if too little is left.
   */
  reserve(price: number): Promise<((cost: number) => void) | undefined>;
  /** Returns whether work of this price may begin. It may not if too little is left or the brake says no. */
  permits(price: number): Promise<boolean>;
  /** The deadline has passed: nothing more is read. */
  close(): void;
  isClosed(): boolean;
}

/** `mayWork` decides about what is more than a few lookups or a small replay. By default all is allowed. */
export function newReplayBudget(
  mayWork: (price: number) => Promise<boolean> = async () => true,
): ReplayBudget {
  let left = RECOVERY_PRICE_MAX;
  let spent = 0;
  let permitted = FREE_PRICE;
  let closed = false;
  let underWay = 0;
  let wakeUps: (() => void)[] = [];

  function settle(reserved: number, cost: number): void {
    left += reserved - cost;
    spent += cost;
    underWay -= 1;
    wakeAll();
  }

  function wakeAll(): void {
    const waiting = wakeUps;
    wakeUps = [];
    for (const wakeUp of waiting) wakeUp();
  }

  const budget: ReplayBudget = {
    events: RECOVERY_EVENTS_MAX,
    left: () => (closed ? 0 : Math.max(0, left)),
    spent: () => spent,
    spend(price) {
      left -= price;
      spent += price;
    },
    async reserve(price) {
      while (budget.left() < price) {
        if (closed || underWay === 0) return undefined;
        await new Promise<void>((resolve) => wakeUps.push(resolve));
      }
      left -= price;
      underWay += 1;
      return (cost) => settle(price, cost);
    },
    async permits(price) {
      if (price > budget.left()) return false;
      if (price > permitted) {
        const asked = Math.max(price - permitted, ASKED_PRICE_MIN);
        if (!(await mayWork(asked))) return false;
        permitted += asked;
      }
      permitted -= price;
      return true;
    },
    close() {
      closed = true;
      wakeAll();
    },
    isClosed: () => closed,
  };
  return budget;
}

export const priceOfUnits = (readUnits: number): number => READ_UNIT_PRICE * readUnits;

/** Returns the price of reading rows of this many bytes in one query, which costs at least half a unit. */
export const priceOfRead = (bytes: number, mayLag: boolean): number =>
  priceOfUnits(Math.max(1, Math.ceil(bytes / UNIT_BYTES)) * (mayLag ? 0.5 : 1));
