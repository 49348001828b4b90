"""Text messages through Amazon SNS, or whatever speaks like it at `AWS_ENDPOINT_URL_SNS`."""

from __future__ import annotations

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.exceptions import ConnectionError as NotConnected

from config import Settings
from neoserra.delivery.providers import sns_errors
from neoserra.delivery.providers.base import (
    CONNECT_SECONDS,
    READ_SECONDS,
    Provider,
    TemporaryFailure,
    TextMessage,
    UnknownOutcome,
)
from neoserra.models.delivery import Channel

CONNECTIONS = 64
# A code or a notice, no advertisement: SNS then prefers arrival to price.
ATTRIBUTES = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}


class SnsProvider(Provider[TextMessage]):
    name = "sns"
    channels = frozenset({Channel.SMS})

    def __init__(self, settings: Settings) -> None:
        self._client = boto3.session.Session().client(
            "sns",
            region_name=settings.aws_region,
            aws_access_key_id=settings.aws_access_key_id or None,  # none: the role of the machine
            aws_secret_access_key=settings.aws_secret_access_key or None,
            endpoint_url=settings.aws_endpoint_url_sns or None,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": 1},  # nothing is sent twice
                max_pool_connections=CONNECTIONS,
            ),
        )

    def send(self, message: TextMessage) -> str:
        try:
            answer = self._client.publish(PhoneNumber=message.to, Message=message.body, MessageAttributes=ATTRIBUTES)
        except ClientError as error:
            raise sns_errors.failure(error.response["Error"]["Code"], _status(error)) from None
        except NotConnected:
            raise TemporaryFailure("", "SNS cannot be reached: check AWS_REGION and AWS_ENDPOINT_URL_SNS.") from None
        except BotoCoreError as error:
            raise _unfinished(error) from None
        return str(answer["MessageId"])

    def close(self) -> None:
        self._client.close()


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _unfinished(error: BotoCoreError) -> Exception:
    """What boto3 itself says against a message it has not sent, or the answer that did not come."""
    if type(error).__name__ in sns_errors.NOT_SENT:
        return sns_errors.failure(type(error).__name__, 0)
    return UnknownOutcome("", "The answer of SNS was lost: the message may still arrive.")
