"""A hash of a customer that tells nothing to whoever lacks the secret; the same in Python and, through two variables, in SQL."""

from __future__ import annotations

import hmac
import os
from hashlib import sha256
from typing import Any

from demand_forecast.errors import SecretRefused

SECRET = "DEMAND_SECRET"
"""The environment variable that holds the secret."""
LEAST_LENGTH = 16
"""Bytes. A shorter secret can be guessed, and then every id with it."""
BLOCK = 64
"""Bytes of a block of SHA-256, to which HMAC pads its key (RFC 2104)."""
PADS = {"demand_inner_pad": 0x36, "demand_outer_pad": 0x5C}
"""Variables of a DuckDB session that macro keyed_hash reads, and what HMAC mixes each with."""


def secret_hash(customer: str) -> str | None:
    """HMAC-SHA256 of a customer's id under the secret in hexadecimal; None where no secret is set.

    A hash without a secret would be no protection, since ids can be guessed one after another. Raises SecretRefused.
    """
    secret = read_secret()
    return hmac.digest(secret, customer.encode(), "sha256").hex() if secret else None


def pseudonym(customer: str) -> str:
    """The key by which all tables name a customer. Raises SecretRefused where no secret is set."""
    key = secret_hash(customer)
    if key is None:
        raise SecretRefused(f"customers are pseudonyms here: set the environment variable {SECRET} as it was for the last build")
    return key


def set_pads(connection: Any) -> None:
    """Let a DuckDB session compute the hash too; without a secret, a query that needs it fails by name. Raises SecretRefused."""
    if secret := read_secret():
        for name, pad in padded(secret).items():
            connection.execute(f"set variable {name} = ?", [pad])


def padded(secret: bytes) -> dict[str, bytes]:
    """Bytes of both pads, by the name of the variable."""
    key = (sha256(secret).digest() if len(secret) > BLOCK else secret).ljust(BLOCK, b"\0")
    return {name: bytes(byte ^ mixed for byte in key) for name, mixed in PADS.items()}


def read_secret() -> bytes:
    """The secret, or no bytes where there is none. Raises SecretRefused for one that can be guessed."""
    secret = os.environ.get(SECRET, "").encode()
    if 0 < len(secret) < LEAST_LENGTH:
        raise SecretRefused(f"the secret in {SECRET} has {len(secret)} bytes: set one of {LEAST_LENGTH} or more")
    return secret
