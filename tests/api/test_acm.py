"""Certificates through a real client: imported, requested, shown, in use; keys never shown."""

import json
import logging
import ssl
from typing import Any

import pytest
from cryptography import x509
from tests.support.api_world import World, refusal
from tests.support.certificates import Signed
from tests.support.client import LoopThread
from tests.support.elbv2 import new_balancer, new_group, new_listener

from hostless.store.kinds import ALL_KINDS, CERTIFICATE_KEYS, CERTIFICATES

BAD = "ValidationException"


@pytest.fixture(scope="module")
def root() -> Signed:
    return Signed("root.test")


@pytest.fixture(scope="module")
def leaf(root: Signed) -> Signed:
    return Signed("www.test", "*.www.test", by=root)


def brought(leaf: Signed, *chain: Signed, **changes: Any) -> dict[str, Any]:
    members = {"Certificate": leaf.pem, "PrivateKey": leaf.key_pem()}
    if chain:
        members["CertificateChain"] = b"".join(each.pem for each in chain)
    return {**members, **changes}


@pytest.fixture
def imported(acm: Any, leaf: Signed, root: Signed) -> str:
    return str(acm.import_certificate(**brought(leaf, root))["CertificateArn"])


def test_an_imported_certificate_is_described_by_what_is_written_in_it(
    acm: Any, imported: str, leaf: Signed, root: Signed
) -> None:
    shown = acm.describe_certificate(CertificateArn=imported)["Certificate"]
    assert (shown["DomainName"], shown["Status"], shown["Type"]) == (
        "www.test",
        "ISSUED",
        "IMPORTED",
    )
    assert shown["SubjectAlternativeNames"] == ["www.test", "*.www.test"]
    assert (shown["Subject"], shown["Issuer"]) == ("CN=www.test", "root.test")
    assert shown["Serial"] == "0a:bc"
    assert shown["KeyAlgorithm"] == "EC_prime256v1"
    assert shown["SignatureAlgorithm"] == "SHA256WITHECDSA"
    assert shown["NotAfter"] == leaf.certificate.not_valid_after_utc
    assert shown["InUseBy"] == []
    assert shown["RenewalEligibility"] == "INELIGIBLE"
    answer = acm.get_certificate(CertificateArn=imported)
    assert answer["Certificate"].encode() == leaf.pem
    assert answer["CertificateChain"].encode() == root.pem


def test_what_does_not_hold_is_not_imported(acm: Any, leaf: Signed, root: Signed) -> None:
    other = Signed("other.test")
    for members, sentence in (
        (brought(leaf, root, Certificate=b"x"), "Unable to parse certificate."),
        (brought(leaf, root, Certificate=leaf.pem * 2), "contains more than one certificate"),
        (brought(leaf, root, PrivateKey=b"x"), "The private key is not in PEM format"),
        (brought(leaf, root, PrivateKey=leaf.key_pem(b"secret")), "The private key is encrypted."),
        (brought(leaf, root, PrivateKey=other.key_pem()), "does not match the certificate"),
        (brought(leaf), "Provided certificate is not a valid self signed."),
        (brought(leaf, other), "Could not validate the certificate with the certificate chain."),
        (brought(leaf, root, CertificateChain=b"x"), "Unable to parse certificate chain."),
        (brought(Signed("old.test", until=2021)), "The certificate has expired."),
    ):
        code, said = refusal(acm.import_certificate, **members)
        assert (code, sentence in said) == (BAD, True), said
    every = {"keyTypes": ["EC_prime256v1"]}
    assert acm.list_certificates(Includes=every)["CertificateSummaryList"] == []


def test_a_certificate_is_imported_again_under_its_arn(
    acm: Any, imported: str, leaf: Signed, root: Signed
) -> None:
    acm.add_tags_to_certificate(CertificateArn=imported, Tags=[{"Key": "a", "Value": "b"}])
    renewed = Signed("www.test", by=root)
    again = brought(renewed, root, CertificateArn=imported)
    assert acm.import_certificate(**again)["CertificateArn"] == imported
    assert acm.get_certificate(CertificateArn=imported)["Certificate"].encode() == renewed.pem
    tags = acm.list_tags_for_certificate(CertificateArn=imported)["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    tagged = {**again, "Tags": [{"Key": "c"}]}
    assert refusal(acm.import_certificate, **tagged) == (
        BAD,
        "Tagging is not permitted on re-import.",
    )


def test_a_requested_certificate_is_issued_at_once_by_an_authority_that_can_be_trusted(
    acm: Any,
) -> None:
    asked = {
        "DomainName": "shop.example.com",
        "SubjectAlternativeNames": ["*.shop.example.com"],
        "ValidationMethod": "DNS",
        "KeyAlgorithm": "EC_prime256v1",
    }
    arn = acm.request_certificate(**asked)["CertificateArn"]
    acm.get_waiter("certificate_validated").wait(
        CertificateArn=arn, WaiterConfig={"Delay": 0, "MaxAttempts": 1}
    )
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (shown["Status"], shown["Type"]) == ("ISSUED", "AMAZON_ISSUED")
    names = ["shop.example.com", "*.shop.example.com"]
    assert shown["SubjectAlternativeNames"] == names
    records = [each["ResourceRecord"] for each in shown["DomainValidationOptions"]]
    assert records[0] == records[1]
    assert records[0]["Name"].endswith(".shop.example.com.")
    answer = acm.get_certificate(CertificateArn=arn)
    body = x509.load_pem_x509_certificate(answer["Certificate"].encode())
    body.verify_directly_issued_by(
        x509.load_pem_x509_certificate(answer["CertificateChain"].encode())
    )
    ssl.create_default_context(cadata=answer["CertificateChain"])
    second = acm.request_certificate(DomainName="b.example.com", KeyAlgorithm="EC_secp384r1")
    chain = acm.get_certificate(CertificateArn=second["CertificateArn"])["CertificateChain"]
    assert chain == answer["CertificateChain"]


def test_rsa_is_what_a_certificate_has_unless_told_and_renewing_makes_a_new_one(acm: Any) -> None:
    arn = acm.request_certificate(DomainName="a.example.com")["CertificateArn"]
    before = acm.get_certificate(CertificateArn=arn)["Certificate"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["KeyAlgorithm"] == "RSA_2048"
    acm.renew_certificate(CertificateArn=arn)
    assert acm.get_certificate(CertificateArn=arn)["Certificate"] != before
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (shown["KeyAlgorithm"], shown["DomainName"]) == ("RSA_2048", "a.example.com")


def test_a_token_makes_one_certificate(acm: Any) -> None:
    asked = {"DomainName": "a.example.com", "KeyAlgorithm": "EC_prime256v1"}
    arns = [
        acm.request_certificate(**asked, IdempotencyToken=token)["CertificateArn"]
        for token in ("one", "one", "two")
    ]
    assert arns[0] == arns[1] != arns[2]


def test_a_name_that_is_too_long_for_a_subject_is_among_the_names(acm: Any) -> None:
    name = "a" * 60 + ".example.com"
    asked = {"DomainName": name, "KeyAlgorithm": "EC_prime256v1"}
    arn = acm.request_certificate(**asked)["CertificateArn"]
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (shown["DomainName"], shown["SubjectAlternativeNames"]) == (name, [name])


def test_a_certificate_in_use_says_by_what_and_cannot_be_deleted(
    acm: Any, elbv2: Any, world: World, imported: str
) -> None:
    balancer = new_balancer(elbv2, world)
    listener = new_listener(
        elbv2,
        balancer,
        new_group(elbv2, world),
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": imported}],
    )
    shown = acm.describe_certificate(CertificateArn=imported)["Certificate"]
    assert shown["InUseBy"] == [balancer]
    assert refusal(acm.delete_certificate, CertificateArn=imported) == (
        "ResourceInUseException",
        f"Certificate {imported} in account 000000000000 is in use.",
    )
    elbv2.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=imported)
    assert refusal(acm.describe_certificate, CertificateArn=imported) == (
        "ResourceNotFoundException",
        f"Could not find certificate {imported}.",
    )
    assert list(world.store.all(CERTIFICATE_KEYS)) == []


def test_private_keys_are_in_no_answer_no_log_and_no_story(
    acm: Any,
    world: World,
    imported: str,
    leaf: Signed,
    root: Signed,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="hostless")
    requested = acm.request_certificate(DomainName="a.example.com", KeyAlgorithm="EC_prime256v1")
    arns = (imported, requested["CertificateArn"])
    refusal(acm.import_certificate, **brought(leaf, Signed("other.test")))
    keys = [world.store.get(CERTIFICATE_KEYS, arn) for arn in arns]
    secrets = [key.private_key.splitlines()[1] for key in keys if key is not None]
    assert len(secrets) == 2
    told = [str(acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]}))]
    for arn in arns:
        told.append(str(acm.describe_certificate(CertificateArn=arn)))
        told.append(str(acm.get_certificate(CertificateArn=arn)))
        told.append(str(world.store.story(CERTIFICATES, arn)))
        told.append(str(world.store.story(CERTIFICATE_KEYS, arn)))
    shown = [repr(r) for kind in ALL_KINDS for r in world.store.all(kind)]
    told += [caplog.text, json.dumps([repr(key) for key in keys]), *shown]
    assert not any(secret in text for secret in secrets for text in told)
    assert refusal(acm.export_certificate, CertificateArn=imported, Passphrase=b"1234")[0] == BAD


def test_certificates_are_listed_by_kind_of_key_state_and_page(
    acm: Any, imported: str, portal: LoopThread
) -> None:
    rsa = acm.request_certificate(DomainName="a.example.com")["CertificateArn"]

    def listed(**members: Any) -> set[str]:
        answer = acm.list_certificates(**members)
        return {each["CertificateArn"] for each in answer["CertificateSummaryList"]}

    both = {"keyTypes": ["RSA_2048", "EC_prime256v1"]}
    assert listed() == {rsa}
    assert listed(Includes=both) == {rsa, imported}
    assert listed(Includes=both, CertificateStatuses=["EXPIRED"]) == set()
    assert listed(Includes={**both, "keyUsage": ["DIGITAL_SIGNATURE"]}) == {rsa}
    assert listed(Includes=both, CertificateKeyPairOrigins=["CUSTOMER_PROVIDED"]) == {imported}
    pages = acm.get_paginator("list_certificates").paginate(
        Includes=both, PaginationConfig={"PageSize": 1}
    )
    assert [len(page["CertificateSummaryList"]) for page in pages] == [1, 1]
    assert refusal(acm.list_certificates, NextToken="x")[0] == "InvalidArgsException"


def test_tags_by_both_sets_of_operations(acm: Any, imported: str) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    acm.add_tags_to_certificate(CertificateArn=imported, Tags=tags)
    other = {"Key": "a", "Value": "other"}
    acm.remove_tags_from_certificate(CertificateArn=imported, Tags=[other, {"Key": "b"}])
    assert acm.list_tags_for_certificate(CertificateArn=imported)["Tags"] == tags[:1]
    acm.tag_resource(ResourceArn=imported, Tags=[{"Key": "c", "Value": ""}])
    acm.untag_resource(ResourceArn=imported, TagKeys=["a"])
    assert acm.list_tags_for_resource(ResourceArn=imported)["Tags"] == [{"Key": "c", "Value": ""}]


def test_what_cannot_be_asked_of_a_certificate_is_refused(acm: Any, imported: str) -> None:
    assert refusal(acm.renew_certificate, CertificateArn=imported)[0] == BAD
    options = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    assert refusal(acm.update_certificate_options, CertificateArn=imported, Options=options)[0] == (
        "InvalidStateException"
    )
    call = acm.resend_validation_email
    members = {"Domain": "www.test", "ValidationDomain": "www.test"}
    assert refusal(call, CertificateArn=imported, **members)[0] == "InvalidStateException"
    authority = "arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/a"
    asked = {"DomainName": "a.example.com", "CertificateAuthorityArn": authority}
    assert refusal(acm.request_certificate, **asked)[0] == BAD
    asked = {"DomainName": "a.example.com", "Options": {"Export": "ENABLED"}}
    assert refusal(acm.request_certificate, **asked)[0] == BAD
    other = [{"DomainName": "b.example.com", "ValidationDomain": "example.com"}]
    asked = {"DomainName": "a.example.com", "DomainValidationOptions": other}
    assert refusal(acm.request_certificate, **asked)[0] == (
        "InvalidDomainValidationOptionsException"
    )


def test_what_is_kept_and_shown_of_a_request_can_be_changed(acm: Any) -> None:
    key = "CertificateTransparencyLoggingPreference"
    asked = {"DomainName": "a.example.com", "KeyAlgorithm": "EC_prime256v1"}
    options = {key: "ENABLED", "Export": "DISABLED"}
    arn = acm.request_certificate(**asked, Options=options)["CertificateArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Options"] == options
    acm.update_certificate_options(CertificateArn=arn, Options={key: "DISABLED"})
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]["Options"]
    assert shown == {**options, key: "DISABLED"}
