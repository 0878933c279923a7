/** How much work some checks do. */
export interface CheckSizes {
  /** Rows that index-lag writes. */
  indexRows: number;
  /** Subscribers of fanout-chain. */
  chain: number;
}
