"""How AWS says no to a caller it cannot identify: the code and status differ by protocol.

Sources: the "Common errors" pages of the API references (json and rest-json services, query
services, EC2, S3).
"""

from hostless.domain.errors import ApiError
from hostless.gateway.sigv4 import BadSignature, Wrong

_BAD_TOKEN = "The security token included in the request is invalid."
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_EC2_REFUSAL = "AWS was not able to validate the provided access credentials"


def refusal_of(bad: BadSignature, protocol: str, service: str) -> ApiError:
    """protocol and service: botocore's names."""
    if service == "s3":
        return _s3(bad)
    if protocol == "ec2":
        return _ec2(bad)
    code, status = _code_of(bad.wrong, protocol)
    return ApiError(_message_of(bad), code=code, status=status)


def _message_of(bad: BadSignature) -> str:
    if bad.wrong == "unknown key":
        return _BAD_TOKEN
    return bad.detail or _MISMATCH


def _code_of(wrong: Wrong, protocol: str) -> tuple[str, int]:
    is_query = protocol == "query"
    status = 400 if protocol in ("json", "smithy-rpc-v2-cbor") else 403
    if wrong == "unknown key":
        return "InvalidClientTokenId" if is_query else "UnrecognizedClientException", status
    if wrong == "incomplete":
        return "IncompleteSignature" if is_query else "IncompleteSignatureException", 400
    return "SignatureDoesNotMatch" if is_query else "InvalidSignatureException", status


def _ec2(bad: BadSignature) -> ApiError:
    if bad.wrong == "incomplete":
        return ApiError(bad.detail, code="IncompleteSignature", status=400)
    if bad.wrong in ("expired", "presigned expired"):
        return ApiError("Request has expired.", code="RequestExpired", status=400)
    return ApiError(_EC2_REFUSAL, code="AuthFailure", status=401)


_S3 = {
    "unknown key": (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
    ),
    "incomplete": ("AuthorizationHeaderMalformed", "The authorization header is malformed", 400),
    "mismatch": ("SignatureDoesNotMatch", _MISMATCH, 403),
    "expired": (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
    ),
    "presigned expired": ("AccessDenied", "Request has expired", 403),
    "body": (
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
    ),
}


def _s3(bad: BadSignature) -> ApiError:
    code, message, status = _S3[bad.wrong]
    return ApiError(message, code=code, status=status)


def unsigned_refusal(protocol: str, service: str) -> ApiError:
    """The answer to a request without any signature."""
    if service == "s3":
        return ApiError("Access Denied", code="AccessDenied", status=403)
    if protocol == "ec2":
        sentence = "The request must contain the parameter AWSAccessKeyId"
        return ApiError(sentence, code="MissingParameter", status=400)
    if protocol == "query":
        sentence = "Request is missing Authentication Token"
        return ApiError(sentence, code="MissingAuthenticationToken", status=403)
    status = 400 if protocol in ("json", "smithy-rpc-v2-cbor") else 403
    sentence = "Missing Authentication Token"
    return ApiError(sentence, code="MissingAuthenticationTokenException", status=status)
