/** Returns Powertools' `service`, the name that this stage's logs, metrics and traces have. */
export const serviceName = (): string => `pubsub-${$app.stage}`;
