"""Hashes of a customer that tell nothing to whoever lacks the secret; the pseudonym is the same in Python and in SQL."""

from __future__ import annotations

import hmac
import os
from typing import Any

from demand_forecast.errors import SecretRefused

SECRET = "DEMAND_SECRET"
"""The environment variable that holds the secret."""
LEAST_LENGTH = 16
"""Bytes. A shorter secret can be guessed, and then every id with it."""
PURPOSE = b"demand_forecast pseudonyms"
"""What the key of pseudonyms is derived for: neither the secret itself nor hashes for other ends follow from it."""
BLOCK = 64
"""Bytes of a block of SHA-256, to which HMAC pads its key (RFC 2104)."""
PADS = {"demand_inner_pad": 0x36, "demand_outer_pad": 0x5C}
"""Variables of a DuckDB session that macro keyed_hash reads, and what HMAC mixes each with."""


def secret_hash(customer: str) -> str | None:
    """HMAC-SHA256 of a customer's id under the secret in hexadecimal, for receipts; None where no secret is set.

    A hash without a secret would be no protection, since ids can be guessed one after another.
    """
    secret = read_secret()
    return hmac.digest(secret, customer.encode(), "sha256").hex() if secret else None


def pseudonym(customer: str) -> str:
    """The key by which all tables name a customer. Raises SecretRefused."""
    return hmac.digest(customer_key(), customer.encode(), "sha256").hex()


def customer_key() -> bytes:
    """The 32 bytes under which pseudonyms are made. Raises SecretRefused without a secret, or with one that can be guessed."""
    secret = read_secret()
    if not secret:
        raise SecretRefused(f"customers are pseudonyms here: set the environment variable {SECRET} as it was for the last build")
    if len(secret) < LEAST_LENGTH:
        raise SecretRefused(f"the secret in {SECRET} has {len(secret)} bytes: set one of {LEAST_LENGTH} or more")
    return hmac.digest(secret, PURPOSE, "sha256")


def set_pads(connection: Any) -> None:
    """Let a DuckDB session make pseudonyms too. Without a secret, or with one too short, a query that needs it fails by name."""
    if len(read_secret()) >= LEAST_LENGTH:
        for name, pad in padded(customer_key()).items():
            connection.execute(f"set variable {name} = ?", [pad])


def padded(key: bytes) -> dict[str, bytes]:
    """Bytes of both pads of a key no longer than a block, by the name of the variable."""
    block = key.ljust(BLOCK, b"\0")
    return {name: bytes(byte ^ mixed for byte in block) for name, mixed in PADS.items()}


def read_secret() -> bytes:
    """The secret, or no bytes where there is none."""
    return os.environ.get(SECRET, "").encode()
