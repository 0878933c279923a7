locals {
  functions = {
    # Only the fan-out reports to a trace
    websocket = { memory_size = 1024, timeout = 29, tracing = "PassThrough", traced = "false" }
    fanout    = { memory_size = 1769, timeout = 30, tracing = "Active", traced = "true" }
  }
}

resource "aws_cloudwatch_log_group" "pubsub" {
  for_each          = local.functions
  name              = "/${var.name}/${each.key}"
  retention_in_days = 30
}

# `npm run build` writes the bundles
resource "aws_lambda_function" "pubsub" {
  for_each         = local.functions
  function_name    = "${var.name}-${each.key}"
  role             = aws_iam_role.pubsub[each.key].arn
  filename         = "${path.module}/dist/${each.key}.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/${each.key}.zip")
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = each.value.memory_size
  timeout          = each.value.timeout

  environment {
    variables = {
      PUBSUB_TABLE_NAME            = aws_dynamodb_table.pubsub.name
      PUBSUB_QUEUE_URL             = aws_sqs_queue.fanout.url
      PUBSUB_MANAGEMENT_ENDPOINT   = "${replace(aws_apigatewayv2_api.websocket.api_endpoint, "wss://", "https://")}/${local.stage}"
      # 70 % of the account's 10,000 requests a second, divided by maximum_concurrency below
      PUBSUB_MAX_POSTS_PER_SECOND  = "1750"
      POWERTOOLS_SERVICE_NAME      = var.name
      POWERTOOLS_METRICS_NAMESPACE = "LambdaWebsocketPubsub"
      POWERTOOLS_LOG_LEVEL         = "INFO"
      PUBSUB_LOG_DELIVERIES        = "problems"
      POWERTOOLS_TRACE_ENABLED     = each.value.traced
    }
  }
  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.pubsub[each.key].name
    # Not higher: Lambda takes the lines of metrics for INFO
    application_log_level = "INFO"
    # No lines of Lambda's own for invocations that succeed
    system_log_level = "WARN"
  }
  tracing_config {
    mode = each.value.tracing
  }
}

# The fan-out queues redeliveries and further pages for itself. By default Lambda stops such a chain after about 16
# invocations: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
resource "aws_lambda_function_recursion_config" "fanout" {
  function_name  = aws_lambda_function.pubsub["fanout"].function_name
  recursive_loop = "Allow"
}

resource "aws_lambda_event_source_mapping" "fanout" {
  event_source_arn                   = aws_sqs_queue.fanout.arn
  function_name                      = aws_lambda_function.pubsub["fanout"].arn
  batch_size                         = 10
  maximum_batching_window_in_seconds = 0
  # functions/fanout.ts returns the failed messages. Without this, Lambda ignores that list and deletes them
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 4
  }

  # Lambda rejects a mapping if its role may not read the queue yet
  depends_on = [aws_iam_role_policy.pubsub]
}
