"""The error codes of Amazon SNS, by whether the same message can be sent later, each with what to do about it.

From the errors of `Publish` in the SNS API reference and the common errors of its Query API. Below them what SNS tells
later, in words instead of codes.
"""

from __future__ import annotations

from neoserra.delivery.providers.base import (
    Misconfigured,
    PermanentFailure,
    ProviderError,
    TemporaryFailure,
    UnknownOutcome,
)

OPTED_OUT = "OptedOut"

PERMANENT = {
    "InvalidParameter": "SNS does not accept the number: correct it in the account, or use email.",
    "InvalidParameterValue": "SNS does not accept the number: correct it in the account, or use email.",
    OPTED_OUT: "The person answered STOP: they can text START, or use email.",
}

MISCONFIGURED = {
    "AccessDenied": "The AWS user may not send text messages: allow it sns:Publish.",
    "AuthorizationError": "The AWS user may not send text messages: allow it sns:Publish.",
    "ExpiredToken": "The AWS credentials have expired: renew them.",
    "IncompleteSignature": "SNS refused our credentials: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    "InvalidClientTokenId": "SNS refused our credentials: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    "NoCredentialsError": "There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    "OptInRequired": "The AWS account is not signed up for SNS in AWS_REGION.",
    "SignatureDoesNotMatch": "SNS refused our credentials: check AWS_SECRET_ACCESS_KEY and the clock of this machine.",
    "UserError": "The AWS account may not send text messages here: see the SNS console.",
}

TEMPORARY = {
    "RequestExpired": "SNS finds our request too old: check the clock of this machine.",
    "ServiceUnavailable": "SNS is not available: see the AWS Health Dashboard if it lasts.",
    "Throttled": "SNS gets more requests from us than it takes: raise its quota or spending limit.",
    "Throttling": "SNS gets more requests from us than it takes: raise its quota or spending limit.",
    "ThrottlingException": "SNS gets more requests from us than it takes: raise its quota or spending limit.",
}

# `providerResponse` in the delivery status of a message that did not arrive, in lower case
STATUSES = {
    "blocked as spam by phone carrier": "The carrier filtered the message as unwanted: see the SNS console.",
    "destination is on a blocked list": "SNS sends nothing to this number: use email, or ask AWS Support.",
    "invalid phone number": "The number does not exist: correct it in the account, or use email.",
    "message body is invalid": "The carrier did not take the text of the message.",
    "phone carrier has blocked this message": "The carrier blocks our messages: register our sender with AWS.",
    "phone carrier is currently unreachable/unavailable": "The carrier was out of reach.",
    "phone has blocked sms": "The phone takes no text messages: the person can ask their carrier, or use email.",
    "phone is on a blocked list": "SNS sends nothing to this number: use email, or ask AWS Support.",
    "phone is currently unreachable/unavailable": "The phone is off or out of reach.",
    "phone number is opted out": "The person answered STOP: they can text START, or use email.",
    "this delivery would exceed max price": "The message costs more than allowed: raise the spending limit of SNS.",
    "unknown error attempting to reach phone": "The carrier gave no reason.",
}
# The same of one that did, where it is less than it seems
ARRIVED = {"Message has been accepted by phone carrier": "The carrier has it; SNS learns no more than that."}

NOT_SENT = {"NoCredentialsError"}  # what boto3 says before it sends anything


def failure(code: str, status: int) -> ProviderError:
    """What a refusal with SNS's `code` and HTTP `status` means; of a 5xx nobody knows."""
    code = code.removesuffix("Exception") if code not in TEMPORARY else code
    for kind, sentences in (
        (PermanentFailure, PERMANENT),
        (Misconfigured, MISCONFIGURED),
        (TemporaryFailure, TEMPORARY),
    ):
        if code in sentences:
            return kind(code, sentences[code])
    sentence = f"SNS answered with error {code}: look it up in the SNS API reference."
    return _kind(status)(code, sentence)


def _kind(status: int) -> type[ProviderError]:
    if status in (408, 429, 503):
        return TemporaryFailure
    return UnknownOutcome if status >= 500 else PermanentFailure


def status(response: str) -> str:
    """What to do about a message that did not arrive. SNS's own words stay out: nobody knows all that they may hold."""
    return STATUSES.get(response.strip().rstrip(".").lower(), "SNS told a reason that is not known: see the SNS logs.")
