"""What QuickBooks says when it refuses: one table of faults, and the shapes they travel in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .clock import stamp_with_ms


@dataclass(frozen=True)
class FaultKind:
    code: str
    message: str
    type: str = "ValidationFault"
    status: int = 400


UNSUPPORTED = FaultKind("500", "Unsupported Operation")
OBJECT_NOT_FOUND = FaultKind("610", "Object Not Found")
BATCH_TOO_LARGE = FaultKind("1040", "Batch size exceeded")
BAD_CONTENT_TYPE = FaultKind("1050", "Content type not supported")
UNKNOWN_PROPERTY = FaultKind("2010", "Request has invalid or unsupported property")
REQUIRED_MISSING = FaultKind("2020", "Required param missing, need to supply the required value for the API")
INVALID_ID = FaultKind("2030", "Invalid ID")
STRING_LENGTH = FaultKind("2050", "String length is either shorter or longer than supported by specification")
NUMBER_RANGE = FaultKind("2090", "Invalid Number")
INVALID_DATE = FaultKind("2100", "Invalid Date")
INVALID_TYPE = FaultKind("2120", "Invalid Type")
INVALID_ENUMERATION = FaultKind("2170", "Invalid Enumeration")
INVALID_EMAIL = FaultKind("2210", "Invalid Email Address format")
INVALID_REFERENCE = FaultKind("2500", "Invalid Reference Id")
QUERY_PARSING = FaultKind("4000", "Error parsing query")
QUERY_INVALID = FaultKind("4001", "Invalid query")
QUERY_PROCESSING = FaultKind("4002", "Error processing query")
STALE_OBJECT = FaultKind("5010", "Stale Object Error")
BUSINESS_RULE = FaultKind("6000", "A business validation error has occurred while processing your request")
CANNOT_LINK = FaultKind("620", "Transaction cannot be linked")
ACCOUNT_TYPE_MISSING = FaultKind("6010", "Account type or subtype is required")
ACCOUNT_SUB_TYPE = FaultKind("6020", "Account subtype does not match the account type")
ATTACHMENT_SIZE = FaultKind("6030", "Attachment size exceeded")
LINE_AMOUNT = FaultKind("6070", "Amount is not equal to UnitPrice * Qty")
INVALID_TAX_CODE = FaultKind("6100", "Invalid Tax Code")
DUPLICATE_NUMBER = FaultKind("6140", "Duplicate Document Number Error")
PERIOD_CLOSED = FaultKind("6210", "Account Period Closed, Cannot Update Through Services")
ALREADY_DEPOSITED = FaultKind("6540", "Deposited Transaction cannot be changed")
FEATURE_MISSING = FaultKind("5030", "Feature Not Supported Error")
PERMISSION_DENIED = FaultKind("5020", "Permission Denied Error", status=403)
NAME_REQUIRED = FaultKind("6080", "Name Required")
NAME_INVALID = FaultKind("6090", "Invalid Name")
READ_ONLY_COMPANY = FaultKind("6190", "Invalid company status")
DUPLICATE_NAME = FaultKind("6240", "Duplicate Name Exists Error")
SYSTEM_FAILURE = FaultKind(
    "10000",
    "An application error has occurred while processing your request",
    "SystemFault",
    500,
)


@dataclass(frozen=True)
class Complaint:
    """One entry of a fault's error list."""

    kind: FaultKind
    detail: str
    element: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "Message": self.kind.message,
            "Detail": self.detail,
            "code": self.kind.code,
            "element": self.element,
        }


class Fault(Exception):
    """A refusal by the API proper, in the capitalised shape."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__("; ".join(c.detail for c in complaints))
        self.complaints = tuple(complaints)

    @property
    def status(self) -> int:
        return self.complaints[0].kind.status

    @property
    def code(self) -> str:
        return self.complaints[0].kind.code

    def body(self) -> dict[str, Any]:
        """Return the inside of `Fault`, as batch answers carry it too."""
        return {
            "Error": [c.as_json() for c in self.complaints],
            "type": self.complaints[0].kind.type,
        }

    def as_json(self, at: datetime) -> dict[str, Any]:
        return {"Fault": self.body(), "time": stamp_with_ms(at)}


def refuse(kind: FaultKind, detail: str, element: str = "") -> Fault:
    return Fault([Complaint(kind, detail, element)])


def not_simulated(what: str) -> Fault:
    return refuse(UNSUPPORTED, f"Operation {what} is not supported by this simulator.")


class GatewayFault(Exception):
    """A refusal by the gateway before the API sees the call: lower-case shape, epoch time."""

    def __init__(self, *, status: int, code: str, name: str, detail: str, type: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.message = f"message={name}; errorCode={int(code):06d}; statusCode={status}"
        self.detail = detail
        self.type = type

    def as_json(self, at: datetime) -> dict[str, Any]:
        error = {
            "message": self.message,
            "detail": self.detail,
            "code": self.code,
            "element": None,
        }
        return {
            "warnings": None,
            "intuitObject": None,
            "fault": {"error": [error], "type": self.type},
            "report": None,
            "queryResponse": None,
            "batchItemResponse": [],
            "attachableResponse": [],
            "syncErrorResponse": None,
            "requestId": None,
            "time": int(at.timestamp() * 1000),
            "status": None,
            "cdcresponse": [],
        }


def token_expired(detail: str = "Token expired") -> GatewayFault:
    return GatewayFault(
        status=401,
        code="3200",
        name="AuthenticationFailed",
        detail=detail,
        type="AUTHENTICATION",
    )


def not_authorised_for_realm() -> GatewayFault:
    return GatewayFault(
        status=403,
        code="3100",
        name="ApplicationAuthorizationFailed",
        detail="The application is not authorized for this company",
        type="AUTHORIZATION",
    )


def throttled_in_json() -> GatewayFault:
    return GatewayFault(
        status=429,
        code="3001",
        name="ThrottleExceeded",
        detail="The request limit was reached. Please try again later.",
        type="SERVICE",
    )


THROTTLED_XML = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<IntuitResponse time="{time}" xmlns="http://schema.intuit.com/finance/v3">'
    '<Fault type="SERVICE"><Error code="3001">'
    "<Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>"
    "<Detail>The request limit was reached. Please try again later.</Detail>"
    "</Error></Fault></IntuitResponse>"
)

BAD_GATEWAY_HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)
