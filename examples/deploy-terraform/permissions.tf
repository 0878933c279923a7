locals {
  lambda_only = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
  connections = "${aws_apigatewayv2_api.websocket.execution_arn}/${local.stage}/POST/@connections/*"
}

resource "aws_iam_role" "websocket" {
  name               = "${var.name}-websocket"
  assume_role_policy = local.lambda_only
}

resource "aws_iam_role" "fanout" {
  name               = "${var.name}-fanout"
  assume_role_policy = local.lambda_only
}

# Subscribes, unsubscribes, reads the log and responds to messages
resource "aws_iam_role_policy" "websocket" {
  role   = aws_iam_role.websocket.id
  policy = data.aws_iam_policy_document.websocket.json
}

data "aws_iam_policy_document" "websocket" {
  statement {
    actions = [
      "dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem",
    ]
    resources = [aws_dynamodb_table.pubsub.arn]
  }
  statement {
    actions   = ["execute-api:ManageConnections"]
    resources = [local.connections]
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.websocket.arn}:*"]
  }
  statement {
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}

# Reads the index, claims and completes units of work, posts, removes gone subscriptions, and queues the rest
resource "aws_iam_role_policy" "fanout" {
  role   = aws_iam_role.fanout.id
  policy = data.aws_iam_policy_document.fanout.json
}

data "aws_iam_policy_document" "fanout" {
  statement {
    actions = [
      "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem",
    ]
    resources = [aws_dynamodb_table.pubsub.arn]
  }
  statement {
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.pubsub.arn}/index/SecondaryIndex"]
  }
  statement {
    actions = [
      "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes",
      "sqs:SendMessage",
    ]
    resources = [aws_sqs_queue.fanout.arn]
  }
  statement {
    actions   = ["sqs:GetQueueUrl", "sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }
  statement {
    actions   = ["execute-api:ManageConnections"]
    resources = [local.connections]
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.fanout.arn}:*"]
  }
  statement {
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}

# For each function that calls publishToTopic
resource "aws_iam_policy" "producer" {
  name   = "${var.name}-producer"
  policy = data.aws_iam_policy_document.producer.json
}

data "aws_iam_policy_document" "producer" {
  statement {
    actions   = ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.pubsub.arn]
  }
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.fanout.arn]
  }
}
