terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Older versions support neither nodejs24.x nor messages of 1 MiB
      version = ">= 6.30"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  type    = string
  default = "eu-north-1"
}

variable "name" {
  description = "In front of every resource's name."
  type        = string
  default     = "pubsub"
}

locals {
  stage = "live"
}

# Topic log, subscriptions and fan-out ledger
resource "aws_dynamodb_table" "pubsub" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "p"
  range_key                   = "u"
  deletion_protection_enabled = true

  attribute {
    name = "p"
    type = "S"
  }
  attribute {
    name = "u"
    type = "S"
  }
  attribute {
    name = "p2"
    type = "S"
  }

  global_secondary_index {
    name            = "SecondaryIndex"
    hash_key        = "p2"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "expiresAt"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_sqs_queue" "fanout" {
  name = "${var.name}-fanout"
  # Six times the function's timeout, as Lambda recommends, so that Lambda can retry a throttled batch within it
  visibility_timeout_seconds = 180
  max_message_size           = 1048576
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  max_message_size          = 1048576
  sqs_managed_sse_enabled   = true
}

# A separate resource, because the two queues refer to each other
resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.fanout.arn]
  })
}

# Refuses requests without TLS, and allows nothing
resource "aws_sqs_queue_policy" "pubsub" {
  for_each = {
    fanout       = { url = aws_sqs_queue.fanout.url, arn = aws_sqs_queue.fanout.arn }
    dead_letters = { url = aws_sqs_queue.dead_letters.url, arn = aws_sqs_queue.dead_letters.arn }
  }
  queue_url = each.value.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

output "websocket_url" {
  value = "${aws_apigatewayv2_api.websocket.api_endpoint}/${local.stage}"
}

output "table_name" {
  value = aws_dynamodb_table.pubsub.name
}

output "fanout_queue_url" {
  value = aws_sqs_queue.fanout.url
}

# Attach it to the role of each producer
output "producer_policy_arn" {
  value = aws_iam_policy.producer.arn
}

# Subscribe an address to it, or no one receives the alarms
output "alarm_topic_arn" {
  value = aws_sns_topic.alarms.arn
}
