/**
 * Returns the JSON text of a message. A publication may contain U+FFFE, U+FFFF and characters above, and an id too. SQS
 * rejects the first two in a body, and fauxqs also the others. So they are written as JSON escapes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export const queueText = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\ud800-\udfff\ufffe\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );
