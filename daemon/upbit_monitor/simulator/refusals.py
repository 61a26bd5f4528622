"""Every error body that the exchange is known to write, in its own words."""

from __future__ import annotations

import json

TYPE_MISMATCH = "Type mismatch error. Check the parameters type!"
MISSING_PARAMETER = "Missing request parameter error. Check the required parameters!"
INVALID_PARAMETER = "Invalid parameter. Check the given value!"
BAD_UNIT = "specified unit is not valid."
CODE_NOT_FOUND = "Code not found"

# error.name: status, message in Korean, message in English. Source: the documents' error table
# and examples, recorded answers; where only one language was ever seen, it serves for both.
_EXCHANGE: dict[str, tuple[int, str, str | None]] = {
    "invalid_parameter": (400, "잘못된 파라미터", None),
    "validation_error": (400, "{} does not have a valid value", None),
    "bad_request": (400, "잘못된 요청", None),
    "notfoundmarket": (400, "다음 마켓에 없는 종목입니다: {}", None),
    "create_ask_error": (400, "주문 요청 정보가 올바르지 않습니다.", None),
    "create_bid_error": (400, "주문 요청 정보가 올바르지 않습니다.", None),
    "insufficient_funds_ask": (400, "주문 가능한 금액({})이 부족합니다.", None),
    "insufficient_funds_bid": (400, "주문 가능한 금액({})이 부족합니다.", None),
    "under_min_total_ask": (400, "최소주문금액 이상으로 주문해주세요", None),
    "under_min_total_bid": (400, "최소주문금액 이상으로 주문해주세요", None),
    "over_krw_funds_bid": (400, "최대주문금액을 초과했습니다.", None),
    "duplicated_identifier": (400, "이미 사용된 identifier 입니다.", None),
    "QUERY_PARAMETER_NOT_SUPPORTED": (
        400,
        "이 API는 쿼리 파라미터 형식의 요청만 지원합니다. 요청 본문에 값을 포함할 수 없습니다.",
        None,
    ),
    "no_authorization_token": (401, "인증 토큰이 없습니다.", "Authorization token is missing."),
    "invalid_access_key": (401, "잘못된 엑세스 키입니다.", "Invalid access key"),
    "jwt_verification": (401, "Jwt 토큰 검증에 실패했습니다.", "Failed to verify Jwt token."),
    "invalid_query_payload": (
        401,
        "Jwt의 query를 검증하는데 실패하였습니다.",
        "Failed to verify the query of Jwt.",
    ),
    "expired_access_key": (401, "만료된 API 키입니다.", "This key has expired."),
    "nonce_used": (401, "이미 요청한 nonce값이 다시 사용되었습니다.", "Nonce is already used."),
    "no_authorization_ip": (401, "This is not a verified IP.", None),
    "out_of_scope": (401, "권한이 부족합니다.", None),
    # Documented by its name alone: the words are made up.
    "thirdparty_agreement_required": (401, "제3자 정보제공 동의가 필요합니다.", None),
    "market_offline": (
        403,
        "시스템 점검 중입니다. 점검이 완료된 후에 다시 시도해주세요.",
        None,
    ),
    "order_not_found": (404, "주문을 찾지 못했습니다.", None),
}

# Recorded Korean answers of these two put the message first; all others put the name first.
_MESSAGE_FIRST = {"jwt_verification", "invalid_query_payload"}


class RefusalError(Exception):
    """The exchange says no. `name` is an int on Quotation endpoints, a word on Exchange ones."""

    def __init__(self, status: int, name: int | str, korean: str, english: str | None) -> None:
        super().__init__(f"{status} {name}: {english or korean}")
        self.status = status
        self.name = name
        self._korean = korean
        self._english = english

    def body(self, language: str) -> str:
        """The JSON text that goes out, in `ko` or `en`."""
        message = self._english if language == "en" and self._english else self._korean
        error: dict[str, int | str] = {"name": self.name, "message": message}
        if language == "ko" and self.name in _MESSAGE_FIRST:
            error = dict(reversed(error.items()))
        return json.dumps({"error": error}, ensure_ascii=False, separators=(",", ":"))


def quotation_refusal(message: str, status: int = 400) -> RefusalError:
    """A refusal by a Quotation endpoint: its name is the status, as a number."""
    return RefusalError(status, status, message, None)


def exchange_refusal(name: str, detail: str = "") -> RefusalError:
    """A refusal by an Exchange endpoint; `detail` is the market, currency or field it is about."""
    status, korean, english = _EXCHANGE[name]
    return RefusalError(status, name, korean.format(detail), english)
