"""Makes one call of the @connections API with boto3, and prints what came of it as JSON."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

call = json.load(sys.stdin)
client = boto3.client("apigatewaymanagementapi", endpoint_url=call["endpoint"])
arguments = {"ConnectionId": call["connectionId"]}
if "data" in call:
    arguments["Data"] = call["data"].encode("utf-8")
try:
    output = getattr(client, call["operation"].replace("-", "_"))(**arguments)
    metadata = output.pop("ResponseMetadata")
    print(json.dumps({"output": output, "status": metadata["HTTPStatusCode"]}, default=str))
except ClientError as error:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    code = error.response["Error"]["Code"]
    known = isinstance(error, getattr(client.exceptions, code, ()))
    print(json.dumps({"error": code, "status": status, "hasOwnClass": known}))
