resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

locals {
  alarms = {
    dead-letters = {
      description = "The dead-letter queue is not empty: deliveries given up on, or messages that cannot be decoded."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      statistic   = "Maximum"
      dimensions  = { QueueName = aws_sqs_queue.dead_letters.name }
      threshold   = 0
      periods     = 1
    }
    oldest-message = {
      description = "Something has waited in the fan-out queue for more than 300 seconds."
      namespace   = "AWS/SQS"
      metric      = "ApproximateAgeOfOldestMessage"
      statistic   = "Maximum"
      dimensions  = { QueueName = aws_sqs_queue.fanout.name }
      threshold   = 300
      periods     = 3
    }
    websocket-errors = {
      description = "The function threw, timed out or ran out of memory."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      statistic   = "Sum"
      dimensions  = { FunctionName = aws_lambda_function.pubsub["websocket"].function_name }
      threshold   = 0
      periods     = 1
    }
    fanout-errors = {
      description = "The function threw, timed out or ran out of memory."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      statistic   = "Sum"
      dimensions  = { FunctionName = aws_lambda_function.pubsub["fanout"].function_name }
      threshold   = 0
      periods     = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "pubsub" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  dimensions          = each.value.dimensions
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  # Without publications there are no data, and that is not an alarm
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}
