"""The table of Certificate Manager's operations."""

from typing import Any

from hostless.kit.ids import Ids
from hostless.services.acm import requests
from hostless.services.acm.certificates import Certificates
from hostless.services.acm.errors import BadCertificate
from hostless.services.acm.listing import Listing
from hostless.services.acm.tags import Tags
from hostless.services.operation import Operation, ServiceApi
from hostless.services.refusing import refusing
from hostless.store.store import Store

_NO_EXPORT = "private keys do not leave the engine"
_NO_LOG = "kept and shown; no log is told"
_NO_AUTHORITIES = "there are no private authorities; the engine's own signs"


def acm_api(store: Store, ids: Ids) -> ServiceApi:
    return ServiceApi(
        name="acm",
        validation_style="ValidationException",
        operations=(
            *_certificate_operations(Certificates(store, ids)),
            Operation(
                name="ListCertificates",
                request=requests.ListCertificates,
                perform=Listing(store).list,
            ),
            *_tag_operations(Tags(store)),
            refusing("ExportCertificate", _not_exportable, _NO_EXPORT),
        ),
    )


def _certificate_operations(noun: Certificates) -> tuple[Operation[Any], ...]:
    named = requests.NamedCertificate
    return (
        Operation(
            name="ImportCertificate", request=requests.ImportCertificate, perform=noun.import_
        ),
        Operation(
            name="RequestCertificate",
            request=requests.RequestCertificate,
            perform=noun.request,
            refused={
                "CertificateAuthorityArn": _NO_AUTHORITIES,
                "ManagedBy": "there is no CloudFront here",
                "Options.ValidationMethod": "say it in ValidationMethod",
            },
            refused_by_rule={
                "ValidationMethod": "HTTP, which is CloudFront's",
                "Options.Export": _NO_EXPORT,
            },
            not_acted_on={
                "ValidationMethod": "kept and shown; the certificate is issued at once",
                "DomainValidationOptions": "checked; the certificate is issued at once",
                "Options.CertificateTransparencyLoggingPreference": _NO_LOG,
            },
        ),
        Operation(name="RenewCertificate", request=named, perform=noun.renew),
        Operation(name="DescribeCertificate", request=named, perform=noun.describe),
        Operation(name="GetCertificate", request=named, perform=noun.get),
        Operation(name="DeleteCertificate", request=named, perform=noun.delete),
        Operation(
            name="UpdateCertificateOptions",
            request=requests.UpdateCertificateOptions,
            perform=noun.update_options,
            refused={"Options.ValidationMethod": "certificates are issued without validation"},
            refused_by_rule={"Options.Export": _NO_EXPORT},
            not_acted_on={"Options.CertificateTransparencyLoggingPreference": _NO_LOG},
        ),
        Operation(
            name="ResendValidationEmail",
            request=requests.ResendValidationEmail,
            perform=noun.resend_email,
            always_refused="no certificate waits for a validation",
        ),
    )


def _tag_operations(noun: Tags) -> tuple[Operation[Any], ...]:
    changed = requests.ChangeTagsOfCertificate
    return (
        Operation(name="AddTagsToCertificate", request=changed, perform=noun.add),
        Operation(name="RemoveTagsFromCertificate", request=changed, perform=noun.remove),
        Operation(
            name="ListTagsForCertificate", request=requests.NamedCertificate, perform=noun.list
        ),
        Operation(name="TagResource", request=requests.TagResource, perform=noun.tag),
        Operation(name="UntagResource", request=requests.UntagResource, perform=noun.untag),
        Operation(
            name="ListTagsForResource",
            request=requests.ListTagsForResource,
            perform=noun.list_of_resource,
        ),
    )


def _not_exportable() -> BadCertificate:
    return BadCertificate("Certificate is not PRIVATE type and Export is not ENABLED")
