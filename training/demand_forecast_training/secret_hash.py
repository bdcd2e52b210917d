"""A hash of a customer that tells nothing to whoever lacks the secret."""

from __future__ import annotations

import hmac
import os

SECRET = "DEMAND_SECRET"
"""The environment variable that holds the secret."""


def secret_hash(customer: str) -> str | None:
    """HMAC-SHA256 of a customer's id under the secret in hexadecimal; None where no secret is set.

    A hash without a secret would be no protection, since ids can be guessed one after another.
    """
    secret = os.environ.get(SECRET, "")
    return hmac.digest(secret.encode(), customer.encode(), "sha256").hex() if secret else None
