"""What the records of the seam keep to themselves."""

from hostless.balancer.seam import CertificateFiles


def test_a_private_key_is_not_told_by_its_record() -> None:
    files = CertificateFiles(certificate="public", chain="", private_key="top secret")
    assert "top secret" not in repr(files)
    assert "public" in repr(files)
