"""Verifies one delivery with the reference library of Standard Webhooks: secret, headers and body come as JSON."""

import json
import sys

from standardwebhooks.webhooks import Webhook

given = json.load(sys.stdin)
Webhook(given["secret"]).verify(given["body"], given["headers"])
