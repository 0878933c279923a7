import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { DeadLetterReason } from "../../core/ports.ts";

const REASON_LENGTH_MAX = 512;

/**
 * SQS rejects a message whose attributes contain characters that XML does not allow, such as half a surrogate pair.
 * fauxqs rejects everything above U+FFFF.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for control characters
const UNSENDABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/g;

/** The reason of a dead letter, as attributes of its message. */
export const toAttributes = ({
  code,
  message,
  attempts,
}: DeadLetterReason): Record<"Code" | "Attempts" | "Reason", MessageAttributeValue> => ({
  Code: { DataType: "String", StringValue: code },
  Attempts: { DataType: "Number", StringValue: String(attempts) },
  Reason: {
    DataType: "String",
    StringValue: message.slice(0, REASON_LENGTH_MAX).replace(UNSENDABLE, "\ufffd") || "unknown",
  },
});

/** Returns undefined if the message does not say why it is a dead letter. */
export function readAttributes(
  attributes: Record<string, MessageAttributeValue> | undefined,
): DeadLetterReason | undefined {
  const code = attributes?.Code?.StringValue;
  if (!code) return undefined;
  const attempts = Number(attributes?.Attempts?.StringValue);
  return {
    code,
    message: attributes?.Reason?.StringValue ?? "unknown",
    attempts: Number.isSafeInteger(attempts) && attempts >= 0 ? attempts : 0,
  };
}
