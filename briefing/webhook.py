"""Sign webhooks as Standard Webhooks has it (https://www.standardwebhooks.com)."""

import base64
import hmac


def webhook_headers(id: str, sent: int, body: bytes, key: bytes | None) -> dict[str, str]:
    """Return the headers of a message: its id, when it was ``sent`` (Unix time), its signature.

    The signature is an HMAC-SHA256 of id, time and body, by which the receiver knows the sender and
    a replay. Without a ``key`` there is none.
    """
    headers = {"Webhook-Id": id, "Webhook-Timestamp": str(sent)}
    if key is None:
        return headers
    digest = hmac.digest(key, f"{id}.{sent}.".encode() + body, "sha256")
    return {**headers, "Webhook-Signature": f"v1,{base64.b64encode(digest).decode()}"}
