"""Who sent a request: the signature against the keys that this engine knows."""

from dataclasses import dataclass

from hostless.domain.arns import Realm
from hostless.gateway.keys import Keys
from hostless.gateway.once_log import OnceLog
from hostless.gateway.refusals import refusal_of, unsigned_refusal
from hostless.gateway.sigv4 import BadSignature, Signature, check_signature
from hostless.kit.clock import Timestamp
from hostless.protocols.messages import WireRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a request is for. protocol, service: botocore's names; they decide how a refusal looks.

    signing_name: of the service, in the signature's scope.
    """

    protocol: str
    service: str
    signing_name: str


class Authentication:
    """accepts_any_key: whoever asks is the admin, signed or not."""

    def __init__(self, keys: Keys, realm: Realm, warnings: OnceLog, *, accepts_any_key: bool):
        self._keys = keys
        self._realm = realm
        self._warnings = warnings
        self.accepts_any_key = accepts_any_key

    def principal_of(
        self, request: WireRequest, signature: Signature | None, audience: Audience, now: Timestamp
    ) -> str:
        """The caller's ARN; raises AWS's error for a signature that does not hold."""
        if self.accepts_any_key:
            return self._keys.principal_arn
        if signature is None:
            raise unsigned_refusal(audience.protocol, audience.service)
        try:
            self._check(request, signature, audience, now)
        except BadSignature as bad:
            raise refusal_of(bad, audience.protocol, audience.service) from None
        self._note_region(signature.region)
        return self._keys.principal_arn

    def _check(
        self, request: WireRequest, signature: Signature, audience: Audience, now: Timestamp
    ) -> None:
        expected = audience.signing_name
        if signature.service != expected:
            sentence = f"Credential should be scoped to correct service: '{expected}'. "
            raise BadSignature("mismatch", sentence)
        secret = self._keys.find_secret(signature.access_key_id)
        if secret is None:
            raise BadSignature("unknown key")
        check_signature(request, signature, secret, now)

    def _note_region(self, region: str) -> None:
        if region not in ("", self._realm.region):
            self._warnings.warn(
                f"region {region}",
                f"requests signed for region {region} are answered by {self._realm.region}",
            )
