"""Certificates in the world that the sweep asks: what there is, and right requests about it."""

from typing import Any

from tests.support.api_world import World
from tests.support.certificates import Signed

from hostless.store.kinds import CERTIFICATES


def usual_acm(world: World) -> dict[str, dict[str, Any]]:
    """About the one certificate that is furnished; the others have keys that are quickly made."""
    arn = next((certificate.arn for certificate in world.store.all(CERTIFICATES)), "none")
    named = {"CertificateArn": arn}
    resource = {"ResourceArn": arn}
    operations = (
        "DescribeCertificate",
        "GetCertificate",
        "DeleteCertificate",
        "RenewCertificate",
        "AddTagsToCertificate",
        "RemoveTagsFromCertificate",
        "ListTagsForCertificate",
        "UpdateCertificateOptions",
        "ResendValidationEmail",
    )
    own = Signed("own.example.com")
    return {
        **dict.fromkeys(operations, named),
        **dict.fromkeys(("TagResource", "UntagResource", "ListTagsForResource"), resource),
        "RequestCertificate": {"DomainName": "a.example.com", "KeyAlgorithm": "EC_prime256v1"},
        "ImportCertificate": {"Certificate": own.pem, "PrivateKey": own.key_pem()},
    }
