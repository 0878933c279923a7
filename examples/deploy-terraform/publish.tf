# Only with -var client_publish=true: the route PUBLISH, with a function and a role of its own
variable "client_publish" {
  description = "Whether clients may publish, as functions/publish.ts decides."
  type        = bool
  default     = false
}

resource "aws_cloudwatch_log_group" "publish" {
  count             = var.client_publish ? 1 : 0
  name              = "/${var.name}/publish"
  retention_in_days = 30
}

resource "aws_lambda_function" "publish" {
  count            = var.client_publish ? 1 : 0
  function_name    = "${var.name}-publish"
  role             = aws_iam_role.publish[0].arn
  filename         = "${path.module}/dist/publish.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/publish.zip")
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = 1024
  timeout          = 29

  environment {
    variables = {
      PUBSUB_TABLE_NAME            = aws_dynamodb_table.pubsub.name
      PUBSUB_QUEUE_URL             = aws_sqs_queue.fanout.url
      PUBSUB_MANAGEMENT_ENDPOINT   = "${replace(aws_apigatewayv2_api.websocket.api_endpoint, "wss://", "https://")}/${local.stage}"
      PUBSUB_MAX_POSTS_PER_SECOND  = "1750"
      POWERTOOLS_SERVICE_NAME      = var.name
      POWERTOOLS_METRICS_NAMESPACE = "LambdaWebsocketPubsub"
      POWERTOOLS_LOG_LEVEL         = "INFO"
      PUBSUB_LOG_DELIVERIES        = "problems"
      POWERTOOLS_TRACE_ENABLED     = "true"
    }
  }
  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.publish[0].name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }
  tracing_config {
    mode = "Active"
  }
}

resource "aws_apigatewayv2_integration" "publish" {
  count            = var.client_publish ? 1 : 0
  api_id           = aws_apigatewayv2_api.websocket.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.publish[0].invoke_arn
}

# The stage deploys it by itself
resource "aws_apigatewayv2_route" "publish" {
  count     = var.client_publish ? 1 : 0
  api_id    = aws_apigatewayv2_api.websocket.id
  route_key = "PUBLISH"
  target    = "integrations/${aws_apigatewayv2_integration.publish[0].id}"
}

resource "aws_lambda_permission" "publish" {
  count         = var.client_publish ? 1 : 0
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.publish[0].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.websocket.execution_arn}/*"
}

resource "aws_cloudwatch_metric_alarm" "publish" {
  count               = var.client_publish ? 1 : 0
  alarm_name          = "${var.name}-publish-errors"
  alarm_description   = "The function threw, timed out or ran out of memory."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  statistic           = "Sum"
  dimensions          = { FunctionName = aws_lambda_function.publish[0].function_name }
  threshold           = 0
  evaluation_periods  = 1
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_iam_role" "publish" {
  count = var.client_publish ? 1 : 0
  name  = "${var.name}-publish"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "publish" {
  count  = var.client_publish ? 1 : 0
  role   = aws_iam_role.publish[0].id
  policy = data.aws_iam_policy_document.publish[0].json
}

# Appends events and queues their fan-out as a producer does, finds revocations, and responds. It writes no subscription and
# reads no index
data "aws_iam_policy_document" "publish" {
  count                   = var.client_publish ? 1 : 0
  source_policy_documents = [data.aws_iam_policy_document.producer.json]

  statement {
    actions   = ["dynamodb:Query"]
    resources = [aws_dynamodb_table.pubsub.arn]
    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["consumer#*", "user#*"]
    }
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }
  statement {
    actions   = ["dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.pubsub.arn]
    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["spending#*"]
    }
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }
  statement {
    actions   = ["execute-api:ManageConnections"]
    resources = ["${aws_apigatewayv2_api.websocket.execution_arn}/${local.stage}/POST/@connections/*"]
  }
  statement {
    actions   = ["execute-api:ManageConnections"]
    resources = ["${aws_apigatewayv2_api.websocket.execution_arn}/${local.stage}/DELETE/@connections/*"]
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.publish[0].arn}:*"]
  }
  statement {
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}
