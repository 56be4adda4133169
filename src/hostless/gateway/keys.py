"""The keys that requests may be signed with, and whose they are.

For now one pair, the admin's; where it is kept is `hostless.store.keys`' business.
"""

import hmac

from hostless.domain.arns import Realm, admin_arn_of
from hostless.store.keys import KeyPair


class Keys:
    """The keys that this engine knows."""

    def __init__(self, admin: KeyPair, realm: Realm) -> None:
        self._admin = admin
        self._realm = realm

    def find_secret(self, access_key_id: str) -> str | None:
        """The secret of a key, or None for a key that nobody was given."""
        known = self._admin.access_key_id
        if hmac.compare_digest(known.encode(), access_key_id.encode()):
            return self._admin.secret_access_key
        return None

    @property
    def principal_arn(self) -> str:
        """Who the admin key belongs to: the IAM user `admin` of the engine's account."""
        return admin_arn_of(self._realm.account_id)
