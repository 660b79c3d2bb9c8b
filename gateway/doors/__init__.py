"""The REST doors, `/v1`. Each parses, authenticates, hands a command to `intake` and answers once it is durable.

- `door`     what a door is: Door, Call, Reply
- `serve`    the same way in for all: key, scope, size, format, document, idempotency, problem
- `table`    every door there is, with the scopes that may use it
- `openapi`  the published contract, made from the table
"""
