/** The settings of topic logs. */
export interface LogSettings {
  /** How long the log keeps an event. */
  retentionSeconds: number;
}
